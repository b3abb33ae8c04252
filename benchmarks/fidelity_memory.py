"""Peak memory of the stages `reference` and `evaluate` at CelebA's size: `python -m benchmarks.fidelity_memory --stride 8`.

Each stage runs completely, with conditions, in a separate process on random float32 features of 2048 columns instead of Inception's; the
faces are one picture repeated, which takes no memory. `--share 1` is 162,770 pictures that training sees, 39,829 held
out and 50,000 scored. Most of the time goes into tiles of pairs, one after another in the same memory: `--stride 8` computes every eighth
row and column of them alone (the figures are then wrong, and the peaks right), which takes minutes on two cores instead of hours.
"""

import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from torch import Tensor, nn

from benchmarks import reports
from ganlib.core.device import device
from ganlib.core.tables import Log
from ganlib.data.faces import Faces
from ganlib.fidelity import inception, pairs
from ganlib.fidelity.evaluation import evaluate
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference
from ganlib.models import store
from ganlib.support.command import run
from ganlib.support.paths import Outputs

SEEN, HELD_OUT, SAMPLES = 162_770, 39_829, 50_000
REPORT, STEP = "began64", 100


class RandomFeatures(nn.Module):
    """(n, 3, H, W) uint8 pictures to random (n, 2048) float32, half of them 0 as after a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("place", torch.zeros(1))

    def forward(self, *batches: Tensor) -> Tensor:
        return torch.randn(sum(map(len, batches)), inception.DIMENSIONS, device=self.place.device).relu_()


def main(
    share: Annotated[float, typer.Option(help="Of CelebA's pictures.")] = 1.0,
    stride: Annotated[int, typer.Option(help="Rows and columns of tiles from one that is computed to the next.")] = 1,
) -> None:
    """Print each stage's peak relative to the size of its real pictures' features."""
    seen, held_out, samples = (int(count * share) for count in (SEEN, HELD_OUT, SAMPLES))
    size = 4 * inception.DIMENSIONS * (seen + held_out)
    typer.echo(f"{seen:,} seen and {held_out:,} held out: {size / 1e9:.2f} GB of features; {samples:,} scored; {device()}")
    with tempfile.TemporaryDirectory() as folder:
        for stage in (reference, scores):
            start = time.perf_counter()
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                before, peak = pool.submit(measured, stage, stride, Path(folder), seen, held_out, samples).result()
            minutes = (time.perf_counter() - start) / 60
            typer.echo(
                f"{stage.__name__}: peak {peak / 1e9:.2f} GB, of which {before / 1e9:.2f} GB after the imports, {minutes:.1f} minutes;"
                f" {stage.__name__} memory ratio {peak / size:.2f}"
            )


def measured(stage: Callable[..., None], stride: int, folder: Path, *counts: int) -> tuple[int, int]:
    """Peak memory of this process in bytes, before and after the stage."""
    before, parts = peak(), pairs._parts
    pairs._parts = lambda count: parts(count)[::stride]
    stage(folder, *counts)
    return before, peak()


def peak() -> int:
    """Peak memory of this process so far, in bytes."""
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))[1])


def faces(count: int, first: int = 0) -> Faces:
    """`count` faces of one picture with random attributes: the rows of the cache from `first` on."""
    settings = reports.full(REPORT, width=0.03)
    names = [name for attributes in settings.conditions.values() for name in attributes]
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"file": "x.jpg", "split": "train", **{name: rng.choice([-1, 1], first + count, p=[0.8, 0.2]) for name in names}})
    face = np.zeros((settings.size, settings.size, 3), np.uint8)
    pictures_of_one = np.broadcast_to(face, (first + count, *face.shape))
    return Faces(pictures_of_one, np.arange(first, first + count), table[first:])


def reference(folder: Path, seen: int, held_out: int, samples: int) -> None:
    """The work of stages/reference.py."""
    network = RandomFeatures().to(device())

    def features(batches: object, desc: str, total: int) -> np.ndarray:
        return inception.features(network, batches, desc, total)

    stored = Reference.of(features, faces(seen), faces(held_out, first=seen), samples=samples)
    stored.save(folder / "features.npz")
    Statistics.of(stored.scored).save(folder / "statistics.npz", "random", "random")


def scores(folder: Path, seen: int, held_out: int, samples: int) -> None:
    """The work of stages/evaluate.py for a run with one snapshot."""
    settings = reports.full(REPORT, width=0.03)
    net = settings.networks(seed=0)["generator"]
    outputs = Outputs.below(folder)
    for name in ("snapshots/000050", "generator"):
        store.save(net, "generator", REPORT, settings, outputs.run / f"{name}.safetensors")
    Log(outputs.progress / "log.csv").write(STEP, {"d_loss": 0.0})
    evaluate(
        outputs,
        Reference.load(folder / "features.npz"),
        Statistics.load(folder / "statistics.npz", "random", "random"),
        faces(seen + held_out),
        faces(seen),
        folder / "scores",
        network=RandomFeatures().to(device()),
        attributes=[],
        seed=1,
    )


if __name__ == "__main__":
    run(main)
