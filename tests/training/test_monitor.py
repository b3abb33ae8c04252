import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from ganlib.data.faces import Faces
from ganlib.training import monitor
from ganlib.training.monitor import Monitor
from ganlib.training.sheets import Sheets, shown_conditions
from tests.training import small


def figures(watch: Monitor, step: int, diversity: float = 1.0) -> dict[str, float]:
    return watch.figures(step, diversity, int(watch.saturated))


def diversity(sheets: Sheets, generator: nn.Module) -> float:
    return sheets.diversity(float(sheets.variance(generator)))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_first_nan_or_infinity_is_named(value):
    def found(*, loss: float = 1.0, weight: float = 1.0, buffer: float = 1.0, gradient: float = 1.0) -> str | None:
        net = nn.BatchNorm1d(2)
        net.weight.data[1] = weight
        net.running_var[0] = buffer
        net.bias.grad = torch.tensor([1.0, gradient])
        return monitor.not_finite({"d_loss": torch.tensor(loss)}, {"generator": net})

    assert found() is None
    assert found(loss=value) == f"d_loss is {value}"
    assert found(weight=value) == "the generator's weight is not finite"
    assert found(buffer=value) == "the generator's running_var is not finite"
    assert found(gradient=value) == "the gradient of the generator's bias is not finite"


def test_saturation_is_counted_from_the_hundredth_step_in_a_row_and_warned_of_once(capfd):
    some = Monitor(steps_per_epoch=1000)
    right, wrong = {"d_accuracy": torch.tensor(1.0)}, {"d_accuracy": torch.tensor(0.99)}
    for losses in [right] * 99 + [wrong] + [right] * 99:
        some.update(losses)
    assert figures(some, 199)["saturated"] == 0
    for _ in range(3):
        some.update(right)
    assert figures(some, 202)["saturated"] == 3
    some.update(right)
    assert figures(some, 203)["saturated"] == 4
    assert capfd.readouterr().err.count("warning: step 202: D has been right about every picture for 100 steps") == 1


def test_collapse_is_counted_after_the_first_epoch_and_warned_of_once(capfd):
    some = Monitor(steps_per_epoch=10)
    counts = [figures(some, step, diversity)["collapsed"] for step, diversity in [(10, 0.0), (11, 0.5), (12, 0.04), (13, 0.0), (14, 0.5)]]
    assert counts == [0, 0, 1, 2, 2]
    assert capfd.readouterr().err.count("warning: step 12: the generator draws nearly the same picture from every z") == 1


def test_monitor_resumes_from_its_state():
    first, second = Monitor(10), Monitor(10)
    for _ in range(120):
        first.update({"d_accuracy": torch.tensor(1.0)})
    figures(first, 20, 0.0)
    second.load_state_dict(first.state_dict())
    assert figures(second, 30, 0.0) == figures(first, 30, 0.0) == {"diversity": 0.0, "collapsed": 2, "saturated": 21}


class Drawer(nn.Module):
    """A generator whose pictures in [0, 1] are `draw(count)`."""

    def __init__(self, draw: Callable[[int], torch.Tensor]) -> None:
        super().__init__()
        self.draw, self.unused = draw, nn.Parameter(torch.zeros(1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.draw(len(z))


def greys(count: int, different: int) -> torch.Tensor:
    """Each is of its place modulo `different`."""
    values = torch.arange(count).remainder(different) / max(1, different - 1)
    return values[:, None, None, None].expand(-1, 3, 64, 64)


def test_diversity_is_zero_for_one_picture_and_one_if_the_reals_vary_as_much(tmp_path):
    report = small.report("dense64")
    sheets = Sheets(report, small.small_faces(tmp_path / "raw", report), tmp_path, seed=1)
    assert diversity(sheets, Drawer(lambda count: greys(count, 1))) == 0
    sheets.variance_of_reals = 8 / 7 / 4  # of eight pictures, black and white in equal parts, with n - 1 in the denominator
    assert diversity(sheets, Drawer(lambda count: greys(count, 2))) == pytest.approx(1.0)


def test_diversity_of_a_perfect_generator_is_one(tmp_path):
    """Fakes and reals of one distribution, though there are eight fakes to a row and sixty-four reals."""
    pictures = (torch.rand(64, 64, 64, 3, generator=torch.Generator().manual_seed(2)) * 256).to(torch.uint8).numpy()
    faces = Faces(pictures, np.arange(64), pd.DataFrame({"file": range(64), "split": "train"}))
    sheets = Sheets(small.report("dense64"), faces, tmp_path, seed=1)
    rng = torch.Generator().manual_seed(1)
    assert diversity(sheets, Drawer(lambda count: torch.rand(count, 3, 64, 64, generator=rng))) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("sizes", [(12, 11), (4, 1), (2, 2), (40,), (5, 2), (1, 1, 1, 1)])
def test_sheet_has_at_most_a_dozen_rows_in_which_every_condition_runs_through_its_values(sizes):
    conditions = {f"group{k}": [f"{k}_{value}" for value in range(size)] for k, size in enumerate(sizes)}
    rows = shown_conditions(small.report("began64", conditions=conditions))
    assert len(set(rows)) == len(rows) <= 12
    for k, size in enumerate(sizes):
        assert len({row[k] for row in rows}) == min(1 + size, 12)
