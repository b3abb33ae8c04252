"""Milliseconds per training step with one thread, with all cores, and in bf16 with one thread: `python -m benchmarks.steps`.

Measures each report at the scale that params.yaml selects, or with `--evening` at the evening scale for photographs. Run it on an idle
machine.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from benchmarks import pictures, reports
from ganlib import params
from ganlib.support.command import run
from ganlib.support.parallel import core_count
from ganlib.training import loop

TURNS = 5
SECONDS = 3.0  # of a turn with one thread


def main(evening: Annotated[bool, typer.Option("--evening", help="At the evening scale.")] = False) -> None:
    """Print a line for each report: medians of interleaved turns, and the speedups over one thread."""
    with tempfile.TemporaryDirectory() as folder:
        pictures.draw(Path(folder))
        for name, selected in params.load().reports.items():
            report = reports.evening(name) if evening else selected
            faces = pictures.cached(Path(folder), report)
            parts, halved = (loop.build(report.model_copy(update={"precision": each}), faces, 1) for each in ("tf32", "bf16"))
            ways = ((parts, 1), (parts, core_count()), (halved, 1))
            steps = max(1, round(SECONDS / max(seconds(*way, 3) for way in ways)))
            turns = [[seconds(*way, steps) for way in ways] for _ in range(TURNS)]
            one, several, half = (1000 * statistics.median(column) for column in zip(*turns, strict=True))
            typer.echo(
                f"{name:9} 1 thread {one:4.0f} ms, {core_count()} threads {several:4.0f} ms, ratio {one / several:.2f},"
                f" bf16 {half:4.0f} ms, ratio {one / half:.2f}"
            )


def seconds(parts: dict[str, Any], threads: int, steps: int) -> float:
    """Seconds per step of a turn of `steps` steps."""
    torch.set_num_threads(threads)
    begun = time.perf_counter()
    for _ in range(steps):
        losses = parts["trainer"].step(parts["feed"].next())
    float(next(iter(losses.values())))
    return (time.perf_counter() - begun) / steps


if __name__ == "__main__":
    run(main)
