import torch
from torch import nn

from ganlib.models import init


def test_dcgan_weights_are_normal_and_gains_lie_around_one():
    net = init.normal(nn.Sequential(nn.ConvTranspose2d(100, 256, 4), nn.BatchNorm2d(4096)), torch.Generator().manual_seed(0))
    weights, gains = net[0].weight, net[1].weight
    assert abs(weights.mean()) < 1e-4
    assert abs(weights.std() - 0.02) < 1e-4
    assert abs(gains.mean() - 1) < 1e-3
    assert abs(gains.std() - 0.02) < 1e-3
    assert net[0].bias.abs().max() == 0


def test_glorot_bound_is_the_root_of_six_over_fan_in_plus_fan_out():
    layer = init.glorot(nn.Linear(100, 200), torch.Generator().manual_seed(0))
    bound = (6 / 300) ** 0.5
    assert 0.99 * bound < layer.weight.abs().max() <= bound
    assert layer.bias.abs().max() == 0


def test_first_weights_depend_on_the_generator_alone():
    nets = []
    for state in (1, 2):
        torch.manual_seed(state)
        nets.append(init.normal(nn.Conv2d(3, 8, 5), torch.Generator().manual_seed(7)))
    assert torch.equal(nets[0].weight, nets[1].weight)
