"""Ends a run between two steps, so that it can save first."""

import os
import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Inside its block the SIGNALS only set `reason`, None until then; so does the end of the DVC that started this process."""

    def __enter__(self) -> Self:
        self._signal: signal.Signals | None = None
        self._parent = os.getppid()
        # What is ignored stays so: nohup and shells set that for jobs which a hang-up or Ctrl-C is not meant for.
        caught = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in caught}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def reason(self) -> str | None:
        """What asks for the end."""
        if self._signal is not None:
            return self._signal.name
        # Killed alone, DVC would leave its stage behind.
        return "the end of dvc" if "DVC_STAGE" in os.environ and os.getppid() != self._parent else None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = signal.Signals(number)
