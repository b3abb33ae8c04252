"""One running stage: a process of DVC with the stage's command below it, or a command alone."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

TAIL = 4096  # bytes of a log, enough for its last lines
DVC = [sys.executable, "-P", str(Path(__file__).with_name("dvc_main.py"))]


class Lane:
    """Runs `stage` in its own session, so that Ctrl-C does not reach DVC; all output goes to `log`.

    By DVC, or by `command` in its place. The process keeps the file descriptor `lock` open.
    """

    def __init__(self, stage: str, log: Path, environment: Mapping[str, str], lock: int, command: Sequence[str] | None = None) -> None:
        self.stage, self.log, self._start = stage, log, time.monotonic()
        self._of_dvc = command is None
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 (the stages of the user's own dvc.yaml)
                # Without --wait-for-lock DVC gives up after three seconds, also at the end of a training, which is then lost.
                command or [*DVC, "--wait-for-lock", "repro", "--single-item", stage],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=[lock],
            )
        self._signalled: set[tuple[int, int]] = set()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._start

    def ended(self) -> bool:
        """Whether DVC and the stage's command have ended."""
        if self._process.poll() is None:
            return False
        if self._process.returncode < 0:  # DVC was killed; its command would still write to the outputs
            self.interrupt(signal.SIGTERM)
            return not list(self._command())
        return True

    @property
    def succeeded(self) -> bool:
        """Whether DVC recorded the stage."""
        return self._process.returncode == 0

    def interrupt(self, number: int) -> None:
        """Send a signal to each process of the stage's command, once. DVC waits for them, and finishes a record that it has begun."""
        for process in self._command():
            if (process.pid, number) not in self._signalled:
                self._signalled.add((process.pid, number))
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)

    def lines(self) -> list[str]:
        """The last lines of the log, each as a terminal would show it in the end."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            text = file.read().decode(errors="replace")
        shown = (re.sub(r"\x1b\[[\d;]*\w", "", line).rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n"))
        return [line for line in shown if line and "`dvc push`" not in line]  # which DVC advises after each stage

    def _command(self) -> Iterator[Any]:
        """All living processes of the lane's session except DVC."""
        import psutil

        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                is_dvc = self._of_dvc and process.pid == self._process.pid
                if not is_dvc and os.getsid(process.pid) == self._process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    yield process
