"""The pictures that a run leaves: what one fixed z becomes over the steps, the reals beside it, and an autoencoder's view of both."""

from itertools import product
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import Module

from ganlib import latent
from ganlib.data.faces import Faces
from ganlib.pictures import save_sheet, to_float, to_uint8
from ganlib.system import Report

COLUMNS = 8
ROWS = 8


class Sheets:
    """Without conditions an 8x8 grid; with them a row for each combination of their values, every row from the same eight z."""

    def __init__(self, report: Report, faces: Faces, folder: Path, rng: torch.Generator) -> None:
        self.report = report
        self.folder = folder
        some = torch.randperm(len(faces), generator=rng)[: COLUMNS * ROWS].numpy()
        self.reals = torch.from_numpy(faces[some])
        # Of pictures in [0, 1]; never 0, so that a folder of equal pictures can be trained on.
        self.spread = max(float(to_float(self.reals, (0.0, 1.0)).std(dim=0, correction=0).mean()), 1 / 255)
        self.real_condition = torch.from_numpy(faces.conditions(report.conditions)[some])
        if report.conditions:
            self.condition = torch.tensor(_combinations(report)).repeat_interleave(COLUMNS, dim=0)
            self.z = latent.sample(report.latent, COLUMNS, report.latent_size, rng).repeat(len(self.condition) // COLUMNS, 1)
        else:
            self.condition = torch.zeros(COLUMNS * ROWS, 0, dtype=torch.int64)
            self.z = latent.sample(report.latent, COLUMNS * ROWS, report.latent_size, rng)
        save_sheet(self.reals, COLUMNS, folder / "reals.png")

    def save(self, step: int, generator: Module) -> None:
        """samples/<step>.png."""
        self._save("samples", step, self._fakes(generator))

    def save_reconstructions(self, step: int, generator: Module, discriminator: Module) -> None:
        """reconstructions/<step>.png: pairs of rows, pictures above and D's reconstructions below; two pairs of reals, then fakes."""
        device = next(discriminator.parameters()).device
        reals = to_float(self.reals.to(device), self.report.pixel_range)
        sheet = []
        for pictures, condition in ((reals, self.real_condition), (self._fakes(generator), self.condition)):
            # Fakes under every condition: one column of the samples' sheet after the other would show one condition only.
            some = torch.linspace(0, len(condition) - 1, 2 * COLUMNS).long()
            shown, given = pictures[some.to(device)], condition[some].to(device)
            with torch.inference_mode():
                again = discriminator(shown, given)
            for row in range(0, 2 * COLUMNS, COLUMNS):
                sheet += [shown[row : row + COLUMNS], again[row : row + COLUMNS]]
        self._save("reconstructions", step, torch.cat(sheet))

    def diversity(self, generator: Module) -> float:
        """How much the pictures of a row (one condition, eight z) differ, as a share of how much reals do; 0: all z give one picture."""
        low, high = self.report.pixel_range
        fakes = self._fakes(generator).clamp(low, high).unflatten(0, (-1, COLUMNS)).std(dim=1, correction=0).mean()
        return float(fakes) / ((high - low) * self.spread)

    def _fakes(self, generator: Module) -> Tensor:
        device = next(generator.parameters()).device
        given = (self.condition.to(device),) if self.report.conditions else ()
        generator.eval()
        with torch.inference_mode():
            fakes = generator(self.z.to(device), *given)
        generator.train()
        return fakes

    def _save(self, kind: str, step: int, pictures: Tensor) -> None:
        save_sheet(to_uint8(pictures, self.report.pixel_range), COLUMNS, self.folder / kind / f"{step:06d}.png")


def nbytes(report: Report) -> int:
    """Of one sheet of samples as raw pixels."""
    return COLUMNS * (len(_combinations(report)) if report.conditions else ROWS) * 3 * report.size**2


def _combinations(report: Report) -> list[tuple[int, ...]]:
    return list(product(*(range(1 + len(attributes)) for attributes in report.conditions.values())))
