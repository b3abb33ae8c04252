"""The pictures that a run leaves: what one fixed z becomes over the steps, the reals beside it, and reconstructions of both."""

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
MOST_ROWS = 12  # of a sheet with conditions


class Sheets:
    """Without conditions an 8x8 grid; with them a row for each combination in `shown_conditions`, every row from the same eight z."""

    def __init__(self, report: Report, faces: Faces, folder: Path, seed: int) -> None:
        self.report = report
        self.folder = folder
        some = torch.randperm(len(faces), generator=stream(seed, "sheets", "reals"))[: COLUMNS * ROWS].numpy()
        self.reals = torch.from_numpy(faces[some])
        # Of pictures in [0, 1]; never 0, so that a folder of equal pictures can be trained on.
        self.variance_of_reals = max(float(_variance(to_float(self.reals, (0.0, 1.0))[None])), 1 / 255**2)
        self.real_condition = torch.from_numpy(faces.conditions(report.condition_groups)[some])
        rows = shown_conditions(report)
        self.condition = torch.tensor(rows, dtype=torch.int64).repeat_interleave(COLUMNS, dim=0)
        # Drawn alike for every report: which conditions it has changes no z.
        z = random.sample_latent(report.prior, COLUMNS * ROWS, report.latent_size, stream(seed, "sheets", "z"))
        self.z = z[:COLUMNS].repeat(len(rows), 1) if report.condition_groups else z
        save_sheet(self.reals, COLUMNS, folder / "reals.png")

    def save(self, step: int, trainer: Trainer) -> None:
        """samples/<step>.png, and reconstructions/<step>.png where the nets reconstruct: pairs of rows, pictures above and what the nets
        make of them below; two pairs of reals, then two of fakes.
        """
        fakes = self._fakes(trainer.generator)
        self._save("samples", step, fakes)
        reals = to_float(self.reals.to(fakes.device), self.report.pixel_range)
        sheet = []
        for pictures, condition in ((reals, self.real_condition), (fakes, self.condition)):
            # Fakes under every condition: one column of the samples' sheet after the other would show one condition only.
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
        """raw/<step>.png: the samples of the generator in training, where those of `samples` are by its average."""
        self._save("raw", step, self._fakes(trainer.modules["generator"]))

    def variance(self, generator: Module) -> Tensor:
        """Over a row's pictures (one condition, eight z), still on the device."""
        return _variance(self._fakes(generator).clamp(*self.report.pixel_range).unflatten(0, (-1, COLUMNS)))

    def diversity(self, variance: float) -> float:
        """The standard deviation of pictures of such a variance as a share of the reals'; 0: all z give one picture."""
        low, high = self.report.pixel_range
        return (variance / self.variance_of_reals) ** 0.5 / (high - low)

    def _fakes(self, generator: Module) -> Tensor:
        device = next(generator.parameters()).device
        given = (self.condition.to(device),) if self.report.condition_groups else ()
        generator.eval()
        with torch.inference_mode():
            fakes = generator(self.z.to(device), *given)
        generator.train()
        return fakes

    def _save(self, kind: str, step: int, pictures: Tensor) -> None:
        save_sheet(to_uint8(pictures, self.report.pixel_range), COLUMNS, self.folder / kind / f"{step:06d}.png")


def shown_conditions(report: Report) -> list[tuple[int, ...]]:
    """The combinations of values that the sheet shows: all of them, or up to a dozen in which each condition runs through its values."""
    sizes = [1 + len(attributes) for attributes in report.condition_groups.values()]
    if prod(sizes) <= MOST_ROWS:
        return list(product(*map(range, sizes))) if sizes else [()] * ROWS
    rows = []
    for row in range(MOST_ROWS):
        again = row // lcm(*sizes)  # how often all values have repeated together: each time they are paired differently
        places = [row + place * again for place in range(len(sizes))]
        rows.append(tuple(_run_through(place, size) for place, size in zip(places, sizes, strict=True)))
    return list(dict.fromkeys(rows))


def nbytes(report: Report) -> int:
    """Of one sheet of samples as raw pixels."""
    return COLUMNS * len(shown_conditions(report)) * 3 * report.size**2


def _run_through(place: int, size: int) -> int:
    """1, 2, ... and unspecified last, over and over; evenly spaced values where there are more of them than rows."""
    return (place + 1) % size if size <= MOST_ROWS else (place * size // MOST_ROWS + 1) % size


def _reconstructed(trainer: Trainer, pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor | None:
    for module in trainer.modules.values():
        module.eval()
    with torch.inference_mode():
        again = trainer.objective.reconstruct(trainer.nets, pictures, condition)
    for module in trainer.modules.values():
        module.train()
    return again


def _variance(rows: Tensor) -> Tensor:
    """Of (R, N, 3, S, S) pictures, the unbiased variance over each row's N, its mean over rows, channels and places."""
    return rows.var(dim=1).mean() if rows.shape[1] > 1 else rows.new_zeros(())
