import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from ganlib.models.dcgan import UpsampleConv
from ganlib.models.upsample import Double, doubled


@pytest.mark.parametrize("size", [2, 5, 8])
def test_products_double_as_bilinear_interpolation_does_and_so_do_their_gradients(size):
    rng = torch.Generator().manual_seed(1)
    double = Double(size).double()
    maps = torch.randn(3, 2, size, size, generator=rng, dtype=torch.float64).requires_grad_()
    expected = interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
    slope = torch.randn(expected.shape, generator=rng, dtype=torch.float64)
    for found in (doubled(maps, double.matrix), double(maps)):
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-15)
        (gradient,) = torch.autograd.grad(found, maps, slope)
        torch.testing.assert_close(gradient, torch.autograd.grad(expected, maps, slope, retain_graph=True)[0], rtol=0, atol=4e-15)
    assert torch.autograd.gradgradcheck(lambda maps: doubled(maps, double.matrix) ** 2, maps)


def test_doubled_maps_stay_channels_last():
    maps = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    assert doubled(maps, Double(4).matrix).is_contiguous(memory_format=torch.channels_last)


def test_matrix_is_not_a_weight():
    assert not Double(4).state_dict()


def test_joined_layer_is_nearest_upsampling_and_a_convolution_and_so_are_its_gradients():
    joined = UpsampleConv(2, 5, bias=True).double()
    maps = torch.randn(3, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    apart = nn.functional.conv2d(interpolate(maps, scale_factor=2, mode="nearest"), joined.weight, joined.bias, padding=1)
    torch.testing.assert_close(joined(maps), apart)
    inputs, slope = (maps, *joined.parameters()), torch.randn_like(apart)
    for found, expected in zip(torch.autograd.grad(joined(maps), inputs, slope), torch.autograd.grad(apart, inputs, slope), strict=True):
        torch.testing.assert_close(found, expected)
