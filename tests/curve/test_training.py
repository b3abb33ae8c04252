import math

import pytest
import torch

from ganlib import params
from ganlib.curve import training as curve
from ganlib.paths import Outputs


@pytest.fixture
def settings():
    return params.load().curve


def test_coupled_curves_have_c_equal_to_a_minus_one(settings):
    curves = curve.real_curves(500, settings, torch.Generator().manual_seed(0))
    x = curve.abscissas(settings)
    assert (len(x), x[0], x[-1]) == (15, -1, 1)
    c = curves[:, 7]  # x = 0
    a = curves[:, 0] - c
    torch.testing.assert_close(c, a - 1, atol=1e-6, rtol=0)
    assert 1 <= a.min() < 1.02
    assert 1.98 < a.max() <= 2


def test_uncoupled_curves_draw_c_on_its_own(settings):
    curves = curve.real_curves(2000, settings.model_copy(update={"coupled": False}), torch.Generator().manual_seed(0))
    c = curves[:, 7]
    a = curves[:, 0] - c
    assert abs(torch.corrcoef(torch.stack([a, c]))[0, 1]) < 0.1
    assert 0 <= c.min() < 0.02
    assert 0.98 < c.max() <= 1


def test_all_real_curves_lie_within_the_bounds_and_shifted_ones_do_not(settings):
    curves = curve.real_curves(500, settings, torch.Generator().manual_seed(0))
    assert curve.within_bounds(curves, settings) == 1
    assert curve.within_bounds(curves + 2, settings) == 0


@pytest.mark.slow
def test_curve_learns_as_the_report_says(settings, tmp_path):
    """After 10,000 steps mean D(real) is near 0.5 and the score near -2 ln 2."""
    figures = curve.train(settings, Outputs.below(tmp_path), seed=1)
    assert figures["d_accuracy"] == pytest.approx(0.5, abs=0.05)
    assert figures["d_score"] == pytest.approx(-2 * math.log(2), abs=0.05)
    assert figures["within_bounds"] > 0.8
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == {
        "run/config.yaml",
        "progress/log.csv",
        "progress/learning.png",
    }
