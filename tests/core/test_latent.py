import torch

from ganlib.core import random


def sample(kind: str) -> torch.Tensor:
    return random.sample_latent(kind, 2000, 100, torch.Generator().manual_seed(0))


def test_uniform_fills_minus_one_to_one():
    z = sample("uniform")
    assert -1 <= z.min() < -0.999
    assert 0.999 < z.max() <= 1
    assert abs(z.var() - 1 / 3) < 2e-3


def test_gaussian_has_mean_zero_and_variance_one():
    z = sample("gaussian")
    assert abs(z.mean()) < 5e-3
    assert abs(z.var() - 1) < 1e-2


def test_spherical_lies_on_the_sphere_of_radius_root_of_its_size():
    torch.testing.assert_close(sample("spherical").norm(dim=1), torch.full((2000,), 10.0))


def test_equal_generators_draw_equal_noise():
    assert torch.equal(sample("gaussian"), sample("gaussian"))
