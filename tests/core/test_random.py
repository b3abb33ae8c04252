"""Random numbers by purpose."""

import numpy as np
import pytest
import torch

from ganlib.core import random
from ganlib.core.random import PURPOSES, Streams, stream
from tests.training import small


def drawn(rng: torch.Generator) -> tuple[float, ...]:
    return tuple(torch.rand(4, generator=rng).tolist())


def test_no_two_purposes_and_no_two_seeds_share_numbers():
    first = [drawn(stream(seed, purpose)) for seed in range(50) for purpose in PURPOSES]
    first += [drawn(stream(seed, "order", epoch)) for seed in range(50) for epoch in range(5)]
    first += [drawn(stream(seed, "weights", net)) for seed in range(50) for net in ("generator", "discriminator")]
    assert len(set(first)) == len(first)
    assert len({number for numbers in first for number in numbers}) > 0.999 * 4 * len(first)


def test_seed_of_a_stream_is_that_of_numpys_seed_sequence():
    assert random.derived_seed(1, "noise") == int(np.random.SeedSequence([1, 0xFDA99629]).generate_state(1, np.uint64)[0])


def test_stream_goes_on_where_it_was_and_no_draw_shifts_another():
    some, alone = Streams(1), Streams(1)
    first = drawn(some["noise"])
    drawn(some["curves"])
    assert (first, drawn(some["noise"])) == (drawn(alone["noise"]), drawn(alone["noise"]))


def test_streams_go_on_from_their_state():
    some, other = Streams(1), Streams(1)
    drawn(some["noise"])
    other.load_state_dict(some.state_dict())
    assert drawn(other["noise"]) == drawn(some["noise"])
    assert drawn(other["penalty"]) == drawn(Streams(1)["penalty"])


@pytest.mark.parametrize("name", small.NAMES)
def test_first_weights_depend_on_neither_latent_batch_size_nor_sheets_and_a_nets_not_on_the_others(name):
    kind = {} if name == "vae64" else {"latent": "spherical"}
    one, other = (small.report(name, **changes).networks(3) for changes in ({}, {"batch_size": 12, "sample_every": 1, **kind}))
    for net in one:
        for ours, theirs in zip(one[net].parameters(), other[net].parameters(), strict=True):
            assert torch.equal(ours, theirs)
    torch.manual_seed(5)
    again = small.report(name).networks(3)
    assert all(torch.equal(a, b) for net in one for a, b in zip(one[net].parameters(), again[net].parameters(), strict=True))
