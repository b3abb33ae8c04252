"""Milliseconds of a preview step with one thread and with all cores: `python -m benchmarks.threads`, on an idle machine."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import typer

from benchmarks import pictures
from ganlib import params
from ganlib.support.parallel import core_count
from ganlib.training import loop

TURNS = 5
SECONDS = 3.0  # of a turn with one thread


def main() -> None:
    """Print a line for each report: medians of interleaved turns, and their ratio."""
    counts = (1, core_count())
    with tempfile.TemporaryDirectory() as folder:
        pictures.draw(Path(folder))
        for name, report in params.load().reports.items():
            parts = loop.build(report, pictures.cached(Path(folder), report), 1)
            steps = max(1, round(SECONDS / max(seconds(parts, 3, threads) for threads in counts)))
            turns = [[seconds(parts, steps, threads) for threads in counts] for _ in range(TURNS)]
            one, several = (1000 * statistics.median(turn[place] for turn in turns) for place in (0, 1))
            typer.echo(f"{name:9} 1 thread {one:4.0f} ms, {counts[1]} threads {several:4.0f} ms, ratio {one / several:.2f}")


def seconds(parts: dict[str, Any], steps: int, threads: int) -> float:
    """Seconds per step of a turn of `steps` steps."""
    torch.set_num_threads(threads)
    begun = time.perf_counter()
    for _ in range(steps):
        losses = parts["trainer"].step(parts["feed"].next())
    float(next(iter(losses.values())))
    return (time.perf_counter() - begun) / steps


if __name__ == "__main__":
    main()
