"""Latent vectors, and random numbers by purpose."""

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector

from ganlib.core import random
from ganlib.core.random import PURPOSES, Streams, stream
from tests.training import small


def drawn(rng: torch.Generator) -> tuple[float, ...]:
    return tuple(torch.rand(4, generator=rng).tolist())


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


def test_no_two_purposes_and_no_two_seeds_share_numbers():
    first = [drawn(stream(seed, purpose)) for seed in range(50) for purpose in PURPOSES]
    first += [drawn(stream(seed, "order", epoch)) for seed in range(50) for epoch in range(5)]
    first += [drawn(stream(seed, "weights", net)) for seed in range(50) for net in ("generator", "discriminator")]
    assert len(set(first)) == len(first)
    assert len({number for numbers in first for number in numbers}) > 0.999 * 4 * len(first)


def test_seed_of_a_stream_is_that_of_numpys_seed_sequence():
    assert random.derived_seed(1, "noise") == int(np.random.SeedSequence([1, 0xFDA99629]).generate_state(1, np.uint64)[0])


def test_stream_continues_and_no_draw_shifts_another():
    some, alone = Streams(1), Streams(1)
    first = drawn(some["noise"])
    drawn(some["curves"])
    assert (first, drawn(some["noise"])) == (drawn(alone["noise"]), drawn(alone["noise"]))


def test_streams_resume_from_their_state():
    some, other = Streams(1), Streams(1)
    drawn(some["noise"])
    other.load_state_dict(some.state_dict())
    assert drawn(other["noise"]) == drawn(some["noise"])
    assert drawn(other["penalty"]) == drawn(Streams(1)["penalty"])


@pytest.mark.parametrize("name", small.NAMES)
def test_first_weights_depend_on_neither_latent_batch_size_nor_sheets_and_a_nets_not_on_the_others(name):
    kind = {} if name == "vae64" else {"latent": "spherical"}
    one = small.report(name).networks(3)
    torch.manual_seed(5)
    for changes in ({"batch_size": 12, "sample_every": 1, **kind}, {}):
        other = small.report(name, **changes).networks(3)
        for net in one:
            assert torch.equal(parameters_to_vector(one[net].parameters()), parameters_to_vector(other[net].parameters()))
