import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from ganlib.models import init
from ganlib.reports.dcgan64.settings import Settings
from ganlib.support.errors import UserError
from tests.training import small


def test_dcgan_weights_are_normal_and_gains_lie_around_one():
    net = init.normal(nn.Sequential(nn.ConvTranspose2d(100, 256, 4), nn.BatchNorm2d(4096)), torch.Generator().manual_seed(0))
    weights, gains = net[0].weight, net[1].weight
    assert (weights.mean().item(), weights.std().item()) == pytest.approx((0, 0.02), abs=1e-4)
    assert (gains.mean().item(), gains.std().item()) == pytest.approx((1, 0.02), abs=1e-3)
    assert net[0].bias.abs().max() == 0


def test_glorot_bound_is_the_root_of_six_over_fan_in_plus_fan_out():
    layer = init.glorot(nn.Linear(100, 200), torch.Generator().manual_seed(0))
    bound = (6 / 300) ** 0.5
    assert 0.99 * bound < layer.weight.abs().max() <= bound
    assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("parametrize", [parametrizations.spectral_norm, parametrizations.weight_norm])
def test_parametrized_weights_are_drawn_as_plain_ones_are(parametrize):
    plain, layer, other = nn.Conv2d(3, 64, 4), *(parametrize(nn.Conv2d(3, 64, 4)) for _ in range(2))
    for net in (plain, layer, other):
        init.normal(net, torch.Generator().manual_seed(7))
    assert torch.equal(layer.eval().weight, other.eval().weight)
    drawn = plain.weight.detach()
    if parametrize is parametrizations.spectral_norm:
        assert torch.equal(layer.parametrizations.weight.original, drawn)
        drawn = drawn / torch.linalg.matrix_norm(drawn.flatten(1), 2)
    torch.testing.assert_close(layer.weight.detach(), drawn, rtol=0.05, atol=1e-5)  # 15 power iterations


@pytest.mark.parametrize("extra", [nn.Embedding(3, 2), nn.Conv1d(2, 2, 3)])
def test_net_with_weights_of_the_global_generator_is_refused_in_one_line(monkeypatch, extra):
    monkeypatch.setattr(Settings, "build", lambda _: {"generator": nn.Sequential(nn.Linear(2, 2), extra)})
    with pytest.raises(UserError, match=r"^Sequential: nothing initializes 1\.weight: draw it in the report's init_weights\(\)$"):
        small.report("dcgan64").networks(1)
