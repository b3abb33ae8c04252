"""What a sheet shows, and that showing changes nothing."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlib.core.images import to_uint8
from ganlib.core.random import Streams
from ganlib.training.sheets import Sheets
from ganlib.training.trainer import Trainer
from tests.training import small


class Negative:
    """Reconstructs every picture of [0, 1] as its negative, and remembers what it was shown and whether dropout was on."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.shown, self.modes = trainer, [], set()

    def reconstruct(self, nets: object, pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor:
        assert nets is self.trainer.nets
        self.shown.append((pictures, *condition))
        self.modes |= {module.training for module in self.trainer.modules.values()}
        return 1 - pictures


def rows_of(path, size: int) -> list[Tensor]:
    """The rows (8, 3, S, S) of a sheet of eight columns."""
    with Image.open(path) as sheet:
        pixels = torch.from_numpy(np.asarray(sheet).copy()).permute(2, 0, 1)[:, 2:, 2:]
    return [torch.stack([cell[:, :size, :size] for cell in row.split(size + 2, 2)]) for row in pixels.split(size + 2, 1)]


def test_reconstructions_are_pairs_of_rows_reals_before_fakes_each_under_its_own_conditions_and_training_goes_on(tmp_path):
    report = small.report("began64")
    faces, trainer = small.small_faces(tmp_path / "raw", report), Trainer(report, torch.device("cpu"), Streams(1))
    sheets, objective = Sheets(report, faces, tmp_path, seed=1), Negative(trainer)
    trainer.objective = objective
    sheets.save(7, trainer)
    sheets.variance(trainer.generator)
    assert objective.modes == {False}
    assert all(module.training for module in trainer.modules.values())

    (reals, of_reals), (fakes, of_fakes) = objective.shown
    blue = (reals[:, 2].mean(dim=(1, 2)) * 255 / 5).round().long()  # the picture's number; even ones have black hair
    assert of_reals[:, 0].tolist() == (1 - blue % 2).tolist()
    some = torch.linspace(0, 79, 16).long()
    with torch.inference_mode():
        drawn = trainer.generator.eval()(sheets.z, sheets.condition)[some]
    torch.testing.assert_close(fakes, drawn)
    assert torch.equal(of_fakes, sheets.condition[some])

    rows = rows_of(tmp_path / "reconstructions" / "000007.png", report.size)
    expected = [half for side in (reals, fakes) for some in side.split(8) for half in (some, 1 - some)]
    assert len(rows) == len(expected) == 8
    for row, pictures in zip(rows, expected, strict=True):
        assert torch.equal(row, to_uint8(pictures, report.pixel_range))
