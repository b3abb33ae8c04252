"""Stops a run between two steps, so that it can save a checkpoint first."""

import os
import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP


class Interruption:
    """Context manager in which the first of SIGNALS only sets `reason`; the second one has its usual effect at once.

    `reason` is also set when the `dvc` process that started this one has ended.
    """

    def __enter__(self) -> Self:
        self._signal: signal.Signals | None = None
        self._parent = os.getppid()
        # Ignored signals stay ignored: nohup and shells do so for jobs that should survive a hang-up or Ctrl-C.
        caught = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._handle) for number in caught}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._restore()

    @property
    def reason(self) -> str | None:
        """Why the run should stop; None to continue."""
        if self._signal is not None:
            return self._signal.name
        # If DVC alone is killed, its stage would run on without it.
        return "the end of dvc" if "DVC_STAGE" in os.environ and os.getppid() != self._parent else None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._signal is None:
            self._signal = signal.Signals(number)
        else:  # the step takes too long for the user
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
