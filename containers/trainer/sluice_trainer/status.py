"""Keeps `status.json`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from .environment import rank
from .store import Store
from .wire import timestamp

NAME = "status.json"


class StatusFile:
    """Replaces `status.json` from its own thread, at most once in `interval` seconds; `close` writes the last state."""

    def __init__(
        self, store: Store, job: str, total_steps: int, *, interval: float = 0.5, ships: bool | None = None
    ) -> None:
        self._store = store
        self._interval = interval
        self._changed = threading.Condition()
        self._dirty = True
        self._closing = False
        self._complained = False
        self._pid = os.getpid()
        self._state: dict[str, Any] = {
            "job_id": job,
            "status": "starting",
            "current_step": 0,
            "total_steps": total_steps,
            "updated_at": timestamp(time.time()),
            "anomaly_detected": False,
            "anomaly_reason": None,
            "latest_metrics": {},
        }
        self._thread: threading.Thread | None = None
        if ships if ships is not None else rank() == 0:
            self._thread = threading.Thread(target=self._run, name="sluice-status", daemon=True)
            self._thread.start()

    def update(self, **change: Any) -> None:
        """Keeps what it does not name; never waits for the store."""
        if self._thread is None or os.getpid() != self._pid:
            return
        with self._changed:
            self._state = {**self._state, **change, "updated_at": timestamp(time.time())}
            self._dirty = True
            self._changed.notify_all()

    def close(self, timeout: float = 30.0) -> None:
        if self._thread is None or os.getpid() != self._pid:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._closing)
                if not self._dirty:
                    return
                self._dirty = False
                content = f"{json.dumps(self._state)}\n".encode()
            self._write(content)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, self._interval)

    def _write(self, content: bytes) -> None:
        try:
            self._store.put(NAME, content)
        except Exception as error:
            if not self._complained:
                print(f"sluice: {NAME} cannot be written: {error}", file=sys.stderr, flush=True)
            self._complained = True
