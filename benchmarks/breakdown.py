"""Where a training step's time goes, and its share of the matrix-multiply rate: `python -m benchmarks.breakdown [ROW ...]`.

Kernels, as torch.profiler reports them, are grouped by name. oneDNN's own reordering of weights counts as convolution, and the
zeroing of new memory as the kernel that touches it first.
"""

import re
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import pictures, reports
from benchmarks.train import ROWS, now
from ganlib.core.device import prepare_device
from ganlib.core.random import Streams
from ganlib.support.command import run
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer

HEADINGS = {
    "convolutions": r"convolution|conv2d|conv_|cudnn|cutlass|implicit|winograd",
    "products": r"\b(mm|addmm|bmm|linear)\b|gemm",
    "batch norm": r"batch_?norm|bn_",
    "activations": r"relu|elu|clamp_min|threshold|tanh|sigmoid",
    "resampling": r"upsample|avg_pool",
    "dropout": r"bernoulli|dropout|random_|aten::ge",  # the mask's two products are under the rest
    "optimizer": r"adam|zero_grad|optimizer",
    "layout changes": r"copy_|aten::cat|clone|contiguous|Memcpy",
    "allocation": r"empty|resize_|cudaMalloc|cudaFree",
}  # the rest: losses, sums and Python itself
STEPS = 5
SIDE = 4096  # of the matrices whose product defines the rate


def multiply_rate(device: torch.device) -> float:
    """FLOP/s of a float32 matrix product."""
    a = torch.randn(SIDE, SIDE, device=device)
    times = []
    for _ in range(4):
        started = now(device)
        a @ a
        times.append(now(device) - started)
    return 2 * SIDE**3 / min(times)


def main(rows: Annotated[list[str] | None, typer.Argument(help=f"of {', '.join(ROWS)}; all by default")] = None) -> None:
    """Print the groups of each row, largest first, and its share of the rate."""
    unknown = set(rows or ()) - set(ROWS)
    if unknown:
        sys.exit(f"error: no row {unknown.pop()!r}; one of {', '.join(ROWS)}")
    shares = {}
    with tempfile.TemporaryDirectory() as folder:
        pictures.draw(Path(folder))
        for row in rows or ROWS:
            shares[row] = measure(row, Path(folder))
    for row, share in shares.items():
        typer.echo(f"share {row} {share:.2f}")


def measure(row: str, folder: Path) -> float:
    """Print one row and return its share."""
    name, width = ROWS[row]
    report = reports.full(name, width=width)
    device = prepare_device(report.precision)
    streams = Streams(1)
    trainer = Trainer(report, device, streams)
    feed = Feed(report, pictures.cached(folder, report), device, streams)

    def step() -> None:
        trainer.step(feed.next())

    step()
    with FlopCounterMode(display=False) as counter:
        step()
    times = []
    for _ in range(STEPS):
        started = now(device)
        step()
        times.append(now(device) - started)
    seconds = statistics.median(times)
    rate = multiply_rate(device)

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device.type == "cuda" else [])
    with profile(activities=activities) as profiled:
        for _ in range(STEPS):
            step()
    spent = Counter()
    for event in profiled.key_averages():
        heading = next((name for name, pattern in HEADINGS.items() if re.search(pattern, event.key, re.IGNORECASE)), "the rest")
        spent[heading] += event.self_device_time_total if device.type == "cuda" else event.self_cpu_time_total
    parts = ", ".join(f"{name} {microseconds / spent.total():.0%}" for name, microseconds in spent.most_common() if microseconds)
    flop = counter.get_total_flops()
    typer.echo(f"{row}: {seconds:.3f} s a step of {flop / 1e9:.0f} GFLOP, beside {rate / 1e9:.0f} GFLOP/s: {parts}")
    return flop / seconds / rate


if __name__ == "__main__":
    run(main)
