"""Ships metric lines as whole, numbered files, from a thread of its own."""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from .environment import rank
from .exits import FENCED, TrainerExit
from .store import AlreadyThere, Store, open_store
from .wire import has_nonfinite, timestamp, wire_data

FOLDER = "metrics"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


def open_segment_writer(output_uri: str, flush_seconds: float) -> SegmentWriter:
    """The writer of an attempt's output; on every rank but 0 it takes lines and ships none."""
    return SegmentWriter(open_store(output_uri), flush_seconds=flush_seconds, ships=rank() == 0)


class SegmentWriter:
    """
    `append` never waits and never raises. Lines become `metrics/{8 digits}.jsonl`, numbered on from those that are
    there: after `flush_seconds`, at `max_bytes`, at once when a value is not finite. While the store is down at most
    `max_buffer_bytes` are kept; lines beyond that are dropped and counted. What was frozen into a segment is sent again
    byte by byte, so a put whose answer was lost is no second segment.
    """

    def __init__(
        self,
        store: Store,
        *,
        flush_seconds: float = 2.0,
        max_bytes: int = 1_000_000,
        max_buffer_bytes: int = 64_000_000,
        ships: bool = True,
        clock: Callable[[], float] = time.time,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._flush_seconds = flush_seconds
        self._max_bytes = max_bytes
        self._max_buffer_bytes = max_buffer_bytes
        self._clock = clock
        self._report = report or _to_stderr
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._lines: deque[bytes] = deque()
        self._buffered = self._waiting = 0
        self._oldest: float | None = None
        self._hurry = False
        self._closing = False
        self._gave_up = threading.Event()
        self._appended = self._shipped = 0
        self._sequence = 0
        self.fenced: str | None = None
        self.dropped_lines = 0
        self.dropped_values = 0
        self.problem: str | None = None
        self.last_step: int | None = None
        self._thread: threading.Thread | None = None
        if not ships:
            return
        self._sequence, self.last_step = _continue_from(store)
        self._thread = threading.Thread(target=self._run, name="sluice-segments", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def append(self, step: int, values: Mapping[str, Any], at: float | None = None) -> dict[str, Any]:
        """Adds one step's line; gives back what of it is shipped. `at`: seconds since 1970, now when absent."""
        try:
            data, strange = wire_data(values)
            moment = timestamp(self._clock() if at is None else at)
            line = json.dumps({"step": int(step), "ts": moment, "data": data}, separators=(",", ":"))
            self._add(line.encode() + b"\n", has_nonfinite(data), strange, int(step))
            return data
        except Exception as error:
            self._report(f"sluice: step {step} was not logged: {error}")
            return {}

    def flush(self, timeout: float = 60.0) -> bool:
        """Waits until everything appended so far is stored; False when it is not within `timeout` seconds."""
        if not self._is_active():
            return True
        with self._changed:
            wanted = self._appended
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._shipped >= wanted or self.fenced is not None, timeout) and (
                self.fenced is None
            )

    def close(self, timeout: float = 60.0) -> bool:
        """Ships what is left and ends the thread; False when lines were lost."""
        if not self._is_active() or self._thread is None:
            return True
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)
        self._gave_up.set()
        atexit.unregister(self.close)
        lost = self._appended - self._shipped + self.dropped_lines
        if lost > 0:
            self._report(f"sluice: {lost} metric lines were not stored: {self.problem or 'the run ended first'}")
        return lost == 0

    def raise_if_fenced(self) -> None:
        """Exit 64 once another process was seen to write this attempt's segments."""
        if self.fenced is not None:
            raise TrainerExit(FENCED, [self.fenced])

    def _is_active(self) -> bool:
        # A forked child has no thread, and its copy of the lock may be held for ever.
        return self._thread is not None and os.getpid() == self._pid

    def _add(self, line: bytes, urgent: bool, strange: int, step: int) -> None:
        if not self._is_active():
            return
        with self._changed:
            self.dropped_values += strange
            if self.fenced is not None or self._closing:
                return
            if self._buffered + len(line) > self._max_buffer_bytes:
                self.dropped_lines += 1
                if self.dropped_lines == 1:
                    self._report(f"sluice: the metrics buffer is full, lines are dropped: {self.problem}")
                return
            self._lines.append(line)
            self._buffered += len(line)
            self._waiting += len(line)
            self._appended += 1
            self.last_step = step
            self._hurry = self._hurry or urgent
            if self._oldest is None:
                self._oldest = time.monotonic()
            self._changed.notify_all()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not self._ship(b"".join(batch)):
                return
            with self._changed:
                self._sequence += 1
                self._shipped += len(batch)
                self._buffered -= sum(map(len, batch))
                self._changed.notify_all()

    def _next_batch(self) -> list[bytes] | None:
        """The lines of the next segment, once they are due; None at the end."""
        with self._changed:
            while not self._is_due():
                if self._closing and not self._lines:
                    return None
                self._changed.wait(self._seconds_left())
            batch: list[bytes] = []
            size = 0
            while self._lines and (not batch or size + len(self._lines[0]) <= self._max_bytes):
                batch.append(self._lines.popleft())
                size += len(batch[-1])
            self._waiting -= size
            if not self._lines:
                self._oldest = None
                self._hurry = False
            return batch

    def _is_due(self) -> bool:
        if not self._lines:
            return False
        return self._hurry or self._closing or self._waiting >= self._max_bytes or self._seconds_left() == 0

    def _seconds_left(self) -> float | None:
        if self._oldest is None:
            return None
        return max(0.0, self._oldest + self._flush_seconds - time.monotonic())

    def _ship(self, content: bytes) -> bool:
        """Tries until the segment is stored; False when the attempt is another's, or `close` has waited enough."""
        pause = _FIRST_PAUSE
        while True:
            try:
                self._store.put_new(f"{FOLDER}/{self._sequence:08d}.jsonl", content)
                self.problem = None
                return True
            except AlreadyThere as conflict:
                with self._changed:
                    self.fenced = str(conflict)
                    self._changed.notify_all()
                self._report(f"sluice: {conflict}; this process ends")
                return False
            except Exception as error:
                if self.problem is None:
                    self._report(f"sluice: segment {self._sequence} cannot be stored yet: {error}")
                self.problem = f"segment {self._sequence} cannot be stored: {error}"
            if self._gave_up.wait(pause):
                return False
            pause = min(pause * 2, _LONGEST_PAUSE)


def _continue_from(store: Store) -> tuple[int, int | None]:
    """The number of the next segment, and the last step that the stored ones hold."""
    names = [name for name in store.names(FOLDER) if len(name) == 14 and name.endswith(".jsonl") and name[:8].isdigit()]
    if not names:
        return 0, None
    last = max(names)
    lines = (store.get(f"{FOLDER}/{last}") or b"").splitlines()
    try:
        step = json.loads(lines[-1])["step"]
    except (IndexError, KeyError, ValueError, TypeError):
        step = None
    return int(last[:8]) + 1, step


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
