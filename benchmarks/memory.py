"""Memory of a training with 5,000 pictures and with CelebA's 202,599: `python -m benchmarks.memory`.

Each count runs in a separate process: STEPS steps of dcgan64 at a quarter of its width and an epoch of batches. The cache is a sparse
file, mapped like a real one. Pages of a mapped file count as resident until the system reclaims them; anonymous memory is what the
process needs, and it must not grow with the count.
"""

import multiprocessing
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import typer

from benchmarks import reports
from ganlib.core.device import prepare_device
from ganlib.core.random import Streams
from ganlib.data.faces import Faces, open_npy
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer

COUNTS = (5_000, 202_599)
STEPS = 10


def main() -> None:
    """Print a line for each count, then the growth of the anonymous peak."""
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                anonymous, mapped = pool.submit(peak, count, Path(folder)).result()
            typer.echo(f"{count:7} pictures: anonymous peak {anonymous / 1e6:.0f} MB, and {mapped / 1e6:.0f} MB of files' pages")
            peaks.append(anonymous)
    typer.echo(f"memory ratio {peaks[1] / peaks[0]:.3f}")


def peak(count: int, folder: Path) -> tuple[int, int]:
    """The largest anonymous memory and the largest resident pages of files, in bytes."""
    report = reports.full("dcgan64", width=0.25)
    faces = Faces(_sparse(folder / f"{count}.npy", count, report.size), np.arange(count), pd.DataFrame(index=range(count)))
    device = prepare_device(report.precision)
    streams = Streams(1)
    trainer = Trainer(report, device, streams)
    feed = Feed(report, faces, device, streams)
    largest = {"RssAnon": 0, "RssFile": 0}
    for step in range(max(STEPS, feed.steps_per_epoch)):
        batch = feed.next()
        if step < STEPS:
            trainer.step(batch)
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        for name in largest:
            largest[name] = max(largest[name], 1024 * int(re.search(rf"{name}:\s+(\d+) kB", status)[1]))
    return largest["RssAnon"], largest["RssFile"]


def _sparse(path: Path, count: int, size: int) -> np.ndarray:
    """`count` pictures, mapped from a sparse file."""
    np.lib.format.open_memmap(path, "w+", np.uint8, (count, size, size, 3)).flush()
    return open_npy(path)


if __name__ == "__main__":
    main()
