"""Sheets of pictures: samples of fixed z over training, reals, and reconstructions of both."""

import math
from itertools import product
from math import lcm, prod
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import Module

from ganlib.core import random
from ganlib.core.images import save_sheet, to_float, to_uint8
from ganlib.core.random import stream
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.training.trainer import Trainer

COLUMNS = 8
ROWS = 8
MAX_ROWS = 12  # of a sheet with conditions


class Sheets:
    """An 8x8 grid, or with conditions a row of the same eight z for each combination of `shown_conditions`."""

    def __init__(self, report: Report, faces: Faces, folder: Path, seed: int) -> None:
        self.report = report
        self.folder = folder
        some = torch.randperm(len(faces), generator=stream(seed, "sheets", "reals"))[: COLUMNS * ROWS].numpy()
        self.reals = torch.from_numpy(faces[some])
        # Of pictures in [0, 1]; never 0, since all pictures of a folder may be equal.
        self.variance_of_reals = max(float(_variance(to_float(self.reals, (0.0, 1.0))[None])), 1 / 255**2)
        self.real_condition = torch.from_numpy(faces.conditions(report.condition_groups)[some])
        rows = shown_conditions(report)
        self.condition = torch.tensor(rows, dtype=torch.int64).repeat_interleave(COLUMNS, dim=0)
        # Every report draws the same number, so conditions do not change z.
        z = random.sample_latent(report.prior, COLUMNS * ROWS, report.latent_size, stream(seed, "sheets", "z"))
        self.z = z[:COLUMNS].repeat(len(rows), 1) if report.condition_groups else z
        save_sheet(self.reals, COLUMNS, folder / "reals.png")

    def save(self, step: int, trainer: Trainer) -> None:
        """Save samples/<step>.png and, if the nets reconstruct, reconstructions/<step>.png.

        The latter has pairs of rows, pictures above their reconstructions: two pairs of reals, then two of fakes.
        """
        fakes = self._fakes(trainer.generator)
        self._save("samples", step, fakes)
        reals = to_float(self.reals.to(fakes.device), self.report.pixel_range)
        sheet = []
        for pictures, condition in ((reals, self.real_condition), (fakes, self.condition)):
            # Evenly spaced, so that fakes of every condition are among them.
            some = torch.linspace(0, len(pictures) - 1, 2 * COLUMNS).long()
            shown = pictures[some.to(fakes.device)]
            given = (condition[some].to(fakes.device),) if self.report.condition_groups else ()
            again = _reconstructed(trainer, shown, given)
            if again is None:
                return
            for row in range(0, 2 * COLUMNS, COLUMNS):
                sheet += [shown[row : row + COLUMNS], again[row : row + COLUMNS]]
        self._save("reconstructions", step, torch.cat(sheet))

    def save_raw(self, step: int, trainer: Trainer) -> None:
        """Save raw/<step>.png: samples of the raw (non-EMA) generator."""
        self._save("raw", step, self._fakes(trainer.modules["generator"]))

    def variance(self, generator: Module) -> Tensor:
        """Variance over the pictures of a row (one condition, eight z), on the device."""
        fakes = self._fakes(generator).clamp(*self.report.pixel_range)
        return _variance(fakes.reshape(-1, COLUMNS, *fakes.shape[1:]))

    def diversity(self, variance: float) -> float:
        """Standard deviation of pictures of this variance as a share of the reals'; 0 if every z gives the same picture."""
        low, high = self.report.pixel_range
        return math.sqrt(variance / self.variance_of_reals) / (high - low)

    def _fakes(self, generator: Module) -> Tensor:
        device = next(generator.parameters()).device
        given = (self.condition.to(device),) if self.report.condition_groups else ()
        generator.eval()
        with torch.inference_mode():
            fakes: Tensor = generator(self.z.to(device), *given)
        generator.train()
        return fakes

    def _save(self, kind: str, step: int, pictures: Tensor) -> None:
        save_sheet(to_uint8(pictures, self.report.pixel_range), COLUMNS, self.folder / kind / f"{step:06d}.png")


def shown_conditions(report: Report) -> list[tuple[int, ...]]:
    """The combinations of conditions on the sheet: all, or up to MAX_ROWS in which each condition cycles through its values."""
    sizes = [1 + len(attributes) for attributes in report.condition_groups.values()]
    if prod(sizes) <= MAX_ROWS:
        return list(product(*map(range, sizes))) if sizes else [()] * ROWS
    rows = []
    for row in range(MAX_ROWS):
        again = row // lcm(*sizes)  # cycles completed so far: each one pairs the values differently
        places = [row + place * again for place in range(len(sizes))]
        rows.append(tuple(_cycle(place, size) for place, size in zip(places, sizes, strict=True)))
    return list(dict.fromkeys(rows))


def nbytes(report: Report) -> int:
    """Size of a sheet of samples as raw pixels."""
    return COLUMNS * len(shown_conditions(report)) * 3 * report.size**2


def _cycle(place: int, size: int) -> int:
    """Cycle through 1, 2, ... and 0 (unspecified); evenly spaced values if there are more of them than rows."""
    return (place + 1) % size if size <= MAX_ROWS else (place * size // MAX_ROWS + 1) % size


def _reconstructed(trainer: Trainer, pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor | None:
    for module in trainer.modules.values():
        module.eval()
    with torch.inference_mode():
        again = trainer.objective.reconstruct(trainer.nets, pictures, condition)
    for module in trainer.modules.values():
        module.train()
    return again


def _variance(rows: Tensor) -> Tensor:
    """Unbiased variance over the N pictures of each row of (R, N, 3, S, S), averaged over rows, channels and pixels."""
    return rows.var(dim=1).mean() if rows.shape[1] > 1 else rows.new_zeros(())
