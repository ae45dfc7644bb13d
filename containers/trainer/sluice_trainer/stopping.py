"""The platform's request to stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class StopRequest:
    """Set by SIGTERM once `listen` was called; the training loop looks at `requested` between steps."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        self._event.set()

    def listen(self) -> StopRequest:
        # Only the main thread may set handlers; in a notebook's or a server's thread the platform's default stays.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)
        return self

    def ignore(self) -> None:
        """From here on SIGTERM changes nothing."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()
