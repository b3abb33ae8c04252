"""The sheets of a hand-in, none of them selected by eye."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganlib.core.images import GAP, save_sheet
from ganlib.use.latents import slerp
from ganlib.use.sampling import Sampler

COLUMNS = 8
SEEDS = range(1, 65)
ENDS = range(1, 17)  # of the interpolations: from seed 1 to 2, from 3 to 4, ...


def write(sampler: Sampler, folder: Path) -> Iterator[Path]:
    """Writes pictures.png, interpolations.png and, for a report with conditions, conditions.png into `folder`."""
    yield _save(sampler.sample(SEEDS), folder / "pictures.png")
    pairs = sampler.z(ENDS).reshape(len(ENDS) // 2, 2, -1)
    z = [slerp(first, last, column / (COLUMNS - 1)) for first, last in pairs for column in range(COLUMNS)]
    yield _save(sampler.from_latents(np.array(z, np.float32)), folder / "interpolations.png")
    if rows := conditions(sampler.run.condition_values):
        seeds = SEEDS[:COLUMNS]
        yield _save(np.concatenate([sampler.sample(seeds, **{group: value}) for group, value in rows]), folder / "conditions.png")


def conditions(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    """The group and the value of each row of conditions.png; the other groups are unspecified."""
    return [(group, value) for group, known in values.items() for value in known[1:]]


def nearest(closest: Path, size: int, target: Path) -> None:
    """Copy the first eight pairs of an evaluation's closest.png, whose pictures have `size` pixels: fakes above training pictures."""
    with Image.open(closest) as sheet:
        sheet.crop((0, 0, min(sheet.width, COLUMNS * (size + GAP) + GAP), sheet.height)).save(target)


def _save(pictures: np.ndarray, path: Path) -> Path:
    save_sheet(torch.from_numpy(pictures), COLUMNS, path)
    return path
