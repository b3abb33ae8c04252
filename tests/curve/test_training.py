import json
import math

import pytest
import torch

from ganlib import params
from ganlib.core import random
from ganlib.core.random import stream
from ganlib.core.tables import final_metrics
from ganlib.curve import training as curve
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from ganlib.training.trainer import Trainer
from tests.training import children


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


def test_every_purpose_has_its_stream_of_the_seed_and_the_figures_are_of_new_curves(settings, tmp_path, monkeypatch):
    settings = settings.model_copy(update={"steps": 1, "coupled": False, "lr_g": 1e-9, "lr_d": 2e-9})
    steps, step = [], Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda me, batch: (steps.append((me, batch.real, batch.noise(2))), step(me, batch))[1])
    figures = curve.train(settings, Outputs.below(tmp_path), seed=7)

    ((trainer, real, z),) = steps
    assert torch.equal(real, curve.real_curves(64, settings, stream(7, "curves")))
    assert torch.equal(z, random.sample_latent("gaussian", 2, 5, stream(7, "noise")))
    for net, first in settings.networks(7).items():
        torch.testing.assert_close(trainer.modules[net].state_dict(), first.state_dict())
    assert (trainer.objective.loss, trainer.objective.real_label) == ("minimax", 1.0)
    assert trainer.rates == {"generator": 1e-9, "discriminator": 2e-9}

    judging = stream(7, "judging")
    with torch.inference_mode():
        fakes = trainer.generator(random.sample_latent("gaussian", 1000, 5, judging))
        of_real, of_fake = map(trainer.modules["discriminator"], (curve.real_curves(1000, settings, judging), fakes))
    assert figures["d_real"] == pytest.approx(of_real.sigmoid().mean().item())
    assert figures["d_score"] == pytest.approx((of_real.sigmoid().log().mean() + (1 - of_fake.sigmoid()).log().mean()).item())
    assert figures["within_bounds"] == curve.within_bounds(fakes, settings) < 1
    recorded = json.loads((tmp_path / "run" / "learning.json").read_text(encoding="utf-8"))
    assert recorded["steps"] == [0, 1]
    z = random.sample_latent("gaussian", 24, 5, stream(7, "sheets", "z"))
    for curves, net in zip(recorded["curves"], (settings.networks(7)["generator"], trainer.generator), strict=True):
        torch.testing.assert_close(torch.tensor(curves), net(z), atol=6e-4, rtol=0)
    log = final_metrics(tmp_path / "progress" / "log.csv")
    assert {key: log[key] for key in figures} == pytest.approx(figures, rel=1e-5)
    assert "seed: 7\n" in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")


def test_loss_that_is_no_number_ends_the_demo_in_one_line(settings, tmp_path):
    wild = settings.model_copy(update={"steps": 3, "lr_g": 1e38, "lr_d": 1e38})
    with pytest.raises(UserError, match=r"^curve: .* at step 3; try a smaller curve\.lr_g or curve\.lr_d$"):
        curve.train(wild, Outputs.below(tmp_path), seed=1)


@pytest.mark.slow
def test_curve_learns_as_the_report_says(settings, tmp_path):
    """After 10,000 steps mean D(real) is near 0.5 and the score near -2 ln 2."""
    figures = curve.train(settings, Outputs.below(tmp_path), seed=1)
    assert figures["d_real"] == pytest.approx(0.5, abs=0.05)
    assert figures["d_score"] == pytest.approx(-2 * math.log(2), abs=0.05)
    assert figures["within_bounds"] > 0.8
    assert set(children.files(tmp_path)) == {"run/config.yaml", "run/learning.json", "progress/log.csv"}
