"""Pictures per second of a whole training, ganlib's beside PyTorch's tutorial: `python -m benchmarks.train [ROW ...]`.

Each side has a process, which is idle while the other one works. A turn is an epoch of a few batches, fed and read in each side's way;
turns alternate, and a row's figures are medians. Before that, both sides take three steps on one batch and must agree.
"""

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks import pictures, reports
from benchmarks.tutorial import LOOPS, Began, Loaders
from ganlib.core.device import prepare_device
from ganlib.core.random import Streams, stream
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support import console
from ganlib.support.command import run
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer

ROWS = {
    "dcgan64": ("dcgan64", 1.0),
    "dcgan64@0.25": ("dcgan64", 0.25),
    "dcgan112@0.25": ("dcgan112", 0.25),
    "dcgan56@0.25": ("dcgan56", 0.25),
    "began64@0.25": ("began64", 0.25),
    "dense64": ("dense64", 1.0),
}
TURNS = 5
SECONDS = 1.5  # target duration of a turn of ours
FEEDING = 0.5  # target duration of a turn without steps, on either side
BATCHES = 10  # minimum in such a turn
CHECKED = 64  # pictures of the batch on which both sides must agree; with fewer, batch norm makes dcgan112 amplify the last bits
LOG_EVERY = 20

Work = Callable[[int], float]  # number of steps or batches to seconds


def ours(name: str, report: Report, folder: Path) -> tuple[Work, Work]:
    """Steps of the training loop, and batches without steps."""
    device = prepare_device(report.precision)
    streams = Streams(1)
    trainer = Trainer(report, device, streams)
    feed = Feed(report, pictures.cached(folder, report), device, streams)

    def train(count: int) -> float:
        begun = now(device)
        for step in range(1, count + 1):
            losses = trainer.step(feed.next())
            if step % LOG_EVERY == 0 or step == count:
                _ = [float(loss) for loss in losses.values()]
        return now(device) - begun

    def fetch(count: int) -> float:
        begun = now(device)
        for _ in range(count):
            feed.next()
        return now(device) - begun

    return train, fetch


def theirs(name: str, report: Report, folder: Path) -> tuple[Work, Work]:
    """The same for the tutorial."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    side = LOOPS[name](name, report, report.networks(1).values(), device)
    conditions = torch.from_numpy(pictures.cached(folder, report).conditions(report.condition_groups))
    loaders = Loaders(report, folder / "jpegs", conditions)

    def train(count: int) -> float:
        begun = now(device)
        for real, condition in loaders.batches(count):
            side.step(real.to(device), condition.to(device), side.noise(len(real)), side.noise(report.batch_size))
        return now(device) - begun

    def fetch(count: int) -> float:
        begun = now(device)
        for real, _ in loaders.batches(count):
            real.to(device)
        return now(device) - begun

    return train, fetch


def now(device: torch.device) -> float:
    """The time in seconds, after synchronising with the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


class Side:
    """A process that works on request and reports the duration."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe

    def train(self, count: int) -> float:
        """Seconds for `count` steps."""
        return self._do(0, count)

    def fetch(self, count: int) -> float:
        """Seconds for `count` batches without steps."""
        return self._do(1, count)

    def _do(self, which: int, count: int) -> float:
        self.pipe.send((which, count))
        return self.pipe.recv()


@contextmanager
def started(make: Callable[[], tuple[Work, Work]]) -> Iterator[Side]:
    """A side, whose process ends with the block."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=_serve, args=(make, other))
    process.start()
    other.close()  # so that waiting ends when the process does
    try:
        yield Side(pipe)
    finally:
        pipe.close()
        process.join()


def _serve(make: Callable[[], tuple[Work, Work]], pipe: Connection) -> None:
    # The system's start method, as in a user's process: spawned processes pass theirs on, and each DataLoader worker would import torch.
    multiprocessing.set_start_method(multiprocessing.get_all_start_methods()[0], force=True)
    work = make()
    with suppress(EOFError):
        while True:
            which, count = pipe.recv()
            pipe.send(work[which](count))


def check(name: str, report: Report, faces: Faces) -> None:
    """Three steps on one batch: the first D loss within 1e-5, all losses within 1%. Without dropout, whose masks differ."""
    report = report.model_copy(update={key: 0.0 for key in ("dropout", "d_dropout") if key in type(report).model_fields})
    device = prepare_device("fp32")
    trainer = Trainer(report, device, Streams(1))
    other = LOOPS[name](name, report, report.networks(1).values(), device)
    if isinstance(other, Began):  # both sides draw the same wrong conditions
        other.rng.set_state(stream(1, "wrong conditions").get_state())
    few = report.model_copy(update={"batch_size": min(report.batch_size, CHECKED)})
    batch = Feed(few, faces, device, Streams(2)).next()
    condition = batch.condition[0] if batch.condition else torch.empty(0)
    for step in range(3):
        drawn = []
        losses = trainer.step(replace(batch, noise=lambda count, drawn=drawn: drawn.append(batch.noise(count)) or drawn[-1]))
        d_loss, g_loss = other.step(batch.real.contiguous(), condition, drawn[0], drawn[-1])  # z of D's fakes and, if they differ, of G's
        for key, expected in (("d_loss", d_loss), ("g_loss", g_loss)):
            allowed = 1e-5 if (step, key) == (0, "d_loss") else 0.01 * abs(expected)
            if abs(float(losses[key]) - expected) > allowed:
                sys.exit(f"{name}: the two sides do not do the same: {key} of step {step + 1} is {float(losses[key])} and {expected}")


def measure(row: str, folder: Path) -> float:
    """Print the row's figures; the ratio of the speeds."""
    name, width = ROWS[row]
    report = reports.full(name, width=width)
    check(name, report, pictures.cached(folder, report))
    with started(partial(ours, name, report, folder)) as us, started(partial(theirs, name, report, folder)) as them:
        us.train(1)  # the first steps of a process and the first epoch of a DataLoader are slower
        count = min(100, max(1, round(SECONDS / us.train(1))))
        them.train(count)
        times = [(us.train(count), them.train(count)) for _ in console.bar(range(TURNS), desc=row, unit="turn", leave=False)]
        feeding, loading = (seconds_a_batch(side.fetch) for side in (us, them))

    ours_step, theirs_step = (statistics.median(column) / count for column in zip(*times, strict=True))
    speeds = [report.reals_per_step / seconds for seconds in (ours_step, theirs_step)]
    typer.echo(
        f"{row:14} {speeds[0]:8.1f} and {speeds[1]:8.1f} pictures/s, {count} steps a turn; a batch costs {1e3 * feeding:.2f} ms,"
        f" {feeding / ours_step:.1%} of a step, and {1e3 * loading:.0f} ms from the DataLoader, {loading / feeding:.0f} times as much"
    )
    return theirs_step / ours_step


def seconds_a_batch(fetch: Work) -> float:
    """Its cost in an epoch without steps."""
    count = max(BATCHES, round(BATCHES * FEEDING / fetch(BATCHES)))
    return statistics.median(fetch(count) for _ in range(TURNS)) / count


def main(rows: Annotated[list[str] | None, typer.Argument(help=f"of {', '.join(ROWS)}; all by default")] = None) -> None:
    """Print each row's figures as it is measured, and all ratios at the end."""
    unknown = set(rows or ()) - set(ROWS)
    if unknown:
        sys.exit(f"error: no row {unknown.pop()!r}; one of {', '.join(ROWS)}")
    with tempfile.TemporaryDirectory() as folder:
        pictures.draw(Path(folder))
        ratios = {row: measure(row, Path(folder)) for row in rows or ROWS}
    for row, ratio in ratios.items():
        typer.echo(f"{row} ratio {ratio:.2f}")


if __name__ == "__main__":
    run(main)
