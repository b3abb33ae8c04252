"""Runs stages side by side, and shows how far they are."""

import fcntl
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ganlib.lanes import plan
from ganlib.lanes.lane import Lane
from ganlib.lanes.schedule import Schedule
from ganlib.lanes.times import Times
from ganlib.support import console, parallel
from ganlib.support.errors import UserError
from ganlib.support.files import UNSUPPORTED
from ganlib.support.interruption import Interruption

POLL = 0.1  # seconds
MANY = 2  # stages per lane
SHOWN = 0.5  # seconds between two looks at the progress of the lanes
LAST = 5  # lines of a failed stage's output
SCORES = re.compile(r"\w+: KID ")  # how the line of an evaluation begins
OTHER = r"[^\w@.-]+"  # than what stands in a file's name
NAMED = 8  # stages in a message


def repro(targets: list[str], lanes: int | None, keep_going: bool) -> bool:
    """Run what is stale, up to `lanes` stages at once (default: the number of cores); returns whether anything was.

    After a failure the running stages finish, and with `keep_going` all others that do not need it. A failure is a UserError, and an
    interruption exits with 128 + the signal's number, as in shells.
    """
    logs = plan.root() / ".checkpoints" / "logs"
    with _alone(logs) as lock:
        needs = plan.stale(targets)
        if needs:
            times = Times(logs / "seconds.json")
            _Run(Schedule(needs, times.of), times, lanes, logs, lock, keep_going).run()
    return bool(needs)


def run(needs: plan.Needs, commands: Mapping[str, Sequence[str]], times: Times, lanes: int | None, enough: Callable[[str], bool]) -> None:
    """Run `commands`, by their stages, as `repro` does; after a failure, and after a stage that is `enough`, no other starts."""
    logs = plan.root() / ".checkpoints" / "logs"
    with _alone(logs) as lock:
        _Run(Schedule(needs, times.of), times, lanes, logs, lock, commands=commands, enough=enough).run()


@contextmanager
def _alone(logs: Path) -> Iterator[int]:
    """Wait until no lane of another command runs. Yields a file descriptor; each process that has it counts as a lane."""
    logs.mkdir(parents=True, exist_ok=True)
    lock = os.open(logs / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        console.log("stages of an earlier `ganlib repro` are running here; waiting for them")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    try:
        yield lock
    finally:
        os.close(lock)


class _Run:
    def __init__(
        self,
        schedule: Schedule,
        times: Times,
        lanes: int | None,
        logs: Path,
        lock: int,
        keep_going: bool = False,
        commands: Mapping[str, Sequence[str]] | None = None,
        enough: Callable[[str], bool] = lambda stage: False,
    ) -> None:
        count = lanes or parallel.core_count()
        self._commands, self._enough, self._ended = commands or {}, enough, False
        self._schedule, self._times, self._keep_going, self._logs, self._lock = schedule, times, keep_going, logs, lock
        self._lanes: list[Lane | None] = [None] * min(count, len(schedule.waiting))
        self._changed = {stage for stage in schedule.waiting if stage in self._commands or not schedule.needs[stage]}  # so said DVC
        self._failed: list[str] = []
        # Not by the number of stale stages: a resumed training must use as many threads as before.
        self._environment = {"OMP_NUM_THREADS": str(max(1, parallel.core_count() // count)), **os.environ}
        if sys.stderr.isatty():
            self._environment["GANLIB_TERMINAL"] = "1"

    def run(self) -> None:
        total, start = len(self._schedule.needs), time.monotonic()
        console.log(f"stages to run: {total}{self._left()}; Ctrl-C is safe, and `ganlib watch` shows the reports in training")
        with Interruption() as interruption, ExitStack() as stack:
            off = not sys.stderr.isatty()
            bars = [stack.enter_context(console.bar(bar_format="{desc}", leave=False, disable=off)) for _ in self._lanes]
            self._total = stack.enter_context(console.bar(total=total, desc="stages", leave=False, disable=off))
            # Jobs that a script starts in the background ignore SIGINT, and so do their children.
            ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            number, looked = signal.SIGTERM if ignored else signal.SIGINT, 0.0
            while True:
                try:
                    self._take_results(quiet=bool(interruption.reason))
                    if not interruption.reason and not self._ended and (self._keep_going or not self._failed):
                        self._fill_lanes()
                    if not any(self._lanes):
                        break
                    for running in filter(None, self._lanes if interruption.reason else ()):
                        running.interrupt(number)
                    if not off and time.monotonic() > looked + SHOWN:
                        looked = time.monotonic()
                        for bar, lane in zip(bars, self._lanes, strict=True):
                            bar.set_description_str(f"{lane.stage}: {(lane.lines() or [''])[-1]}" if lane else "")
                    time.sleep(POLL)
                except KeyboardInterrupt:  # the second one
                    number = signal.SIGKILL
            reason = interruption.reason
        if reason:
            console.log(f"interrupted by {reason}; run the same command again to resume")
            sys.exit(128 + signal.Signals[reason])
        if self._failed:
            left = f"; not run: {_some(self._schedule.waiting)}" if self._schedule.waiting else ""
            raise UserError(f"failed: {_some(self._failed)}{left}")
        console.log(f"done in {_clock(time.monotonic() - start)}")

    def _take_results(self, quiet: bool) -> None:
        for i, lane in enumerate(self._lanes):
            if lane and lane.ended():
                self._finish(lane, quiet)
                self._lanes[i] = None

    def _fill_lanes(self) -> None:
        ready = self._schedule.ready()
        for i, lane in enumerate(self._lanes):
            if lane is None and ready:
                stage = ready.pop(0)
                self._schedule.start(stage)
                log = self._logs / f"{re.sub(OTHER, '-', stage)}.log"
                self._lanes[i] = Lane(stage, log, self._environment, self._lock, self._commands.get(stage))
        self._skip_unchanged([stage for stage in ready if stage not in self._changed])

    def _skip_unchanged(self, ready: list[str]) -> None:
        """Ask DVC about all at once if they are many: it takes seconds to start, and would do so for each."""
        if len(ready) > MANY * len(self._lanes):
            self._changed |= set(ready)
            with suppress(UserError):  # dvc.yaml was edited in the meantime: in its lane DVC says what is wrong
                for stage in plan.unchanged(ready):
                    self._schedule.start(stage)
                    self._schedule.finish(stage)
                    self._total.update()
                    console.log(f"{self._position()}: unchanged {stage}")

    def _finish(self, lane: Lane, quiet: bool) -> None:
        if lane.succeeded:
            self._schedule.finish(lane.stage)
            self._ended = self._ended or self._enough(lane.stage)
            self._total.update()
            lines = lane.lines()
            if any("didn't change, skipping" in line for line in lines):
                console.log(f"{self._position()}: unchanged {lane.stage}")
                return
            self._times.record(lane.stage, lane.seconds)
            left = self._left()
            self._total.set_description_str(f"stages{left}", refresh=False)
            console.log(f"{self._position()}: done {lane.stage} in {_clock(lane.seconds)}{left}")
            for line in lines:
                if SCORES.match(line):
                    console.log(f"    {line}")
        elif not quiet:
            self._failed.append(lane.stage)
            said = "".join(f"\n    {line}" for line in lane.lines()[-LAST:])
            console.log(f"failed {lane.stage} after {_clock(lane.seconds)}; all its output: {os.path.relpath(lane.log)}{said}")

    def _position(self) -> str:
        total = len(self._schedule.needs)
        return f"stage {total - len(self._schedule.unfinished)} of {total}"

    def _left(self) -> str:
        return self._times.left(self._schedule.unfinished, self._schedule.chain, len(self._lanes))


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


def _some(stages: list[str]) -> str:
    return ", ".join(stages[:NAMED]) + (f" and {len(stages) - NAMED} more" if len(stages) > NAMED else "")
