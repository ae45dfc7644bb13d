"""
Ships what verl's file logger writes: lines `{"step": n, "data": {...}}`. As a program it runs the trainer as its child:

    python -m sluice_trainer.verl_tail -- python3 -m verl.trainer.main_ppo trainer.logger='["console","file"]' ...
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from .segment_writer import SegmentWriter

_READ = 1 << 20
_REMEMBERED = 64


class VerlTail:
    """
    Follows one file by inode and offset, complete lines only, whenever it appears; one that was replaced is read to its
    end first, a truncated one again from its start. A step that was shipped already is not shipped again.
    """

    def __init__(self, path: Path, writer: SegmentWriter) -> None:
        self._path = path
        self._writer = writer
        self._file: BinaryIO | None = None
        self._offset = 0
        self._rest = b""
        self._seen = b""
        self._last_step = -1 if writer.last_step is None else writer.last_step
        self.junk_lines = 0
        self.repeated_steps = 0

    def poll(self) -> None:
        """Ships every line that is complete by now."""
        self._drain()
        if self._was_replaced():
            self._drain()
            self._close()
        if self._file is None:
            self._open()
            self._drain()

    def run(self, ended: threading.Event, interval: float = 0.5) -> None:
        """Polls until the event is set, then once more; a last line without its line break counts when it is whole."""
        while not ended.wait(interval):
            self.poll()
        self.poll()
        if self._rest.strip() and _parse(self._rest) is not None:
            self._ship(self._rest)
            self._rest = b""
        self._close()

    def _open(self) -> None:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return
        self._offset, self._rest, self._seen = 0, b"", b""

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def _was_replaced(self) -> bool:
        if self._file is None:
            return False
        try:
            found = self._path.stat()
        except FileNotFoundError:
            # Between a removal and a new file: the old one stays open until there is one.
            return False
        held = os.fstat(self._file.fileno())
        return (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino)

    def _drain(self) -> None:
        if self._file is None:
            return
        if self._was_truncated():
            self._offset, self._rest, self._seen = 0, b"", b""
        self._file.seek(self._offset)
        while chunk := self._file.read(_READ):
            self._offset += len(chunk)
            self._seen = (self._seen + chunk)[-_REMEMBERED:]
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._ship(line)

    def _was_truncated(self) -> bool:
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size < self._offset:
            return True
        # A file that was truncated and has grown past the offset since holds other bytes before it.
        self._file.seek(self._offset - len(self._seen))
        return self._file.read(len(self._seen)) != self._seen

    def _ship(self, line: bytes) -> None:
        if not line.strip():
            return
        parsed = _parse(line)
        if parsed is None:
            self.junk_lines += 1
            return
        step, data = parsed
        if step <= self._last_step:
            self.repeated_steps += 1
            return
        self._last_step = step
        self._writer.append(step, data)


def _parse(line: bytes) -> tuple[int, dict[str, Any]] | None:
    """Null is how that logger writes NaN and Infinity."""
    try:
        document = json.loads(line)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        return None
    step = document.get("step")
    if not isinstance(step, int) or isinstance(step, bool) or step < 0:
        return None
    return step, {name: "NaN" if value is None else value for name, value in document["data"].items()}


if __name__ == "__main__":
    from .verl_main import main

    sys.exit(main(sys.argv[1:]))
