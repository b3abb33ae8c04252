"""Dropout: the share of zeros, the scale of the rest, and that it depends on torch's seed alone."""

import pytest
import torch

from ganlib.models.dropout import Dropout


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5, 0.95])
def test_share_is_the_rate_at_each_of_the_places_that_one_word_decides(rate):
    torch.manual_seed(1)
    values = torch.ones(400_000)
    dropped = (Dropout(rate)(values) == 0).double().reshape(-1, 4).mean(0)
    deviation = (rate * (1 - rate) / 100_000) ** 0.5
    assert (dropped - rate).abs().max() <= 5 * deviation


def test_kept_values_are_scaled_to_keep_the_mean_and_the_gradient_has_the_same_mask():
    values = torch.linspace(1, 2, 1001, requires_grad=True)  # a number of values that fills no last word
    out = Dropout(0.5)(values)
    stays = out != 0
    assert torch.equal(out, torch.where(stays, 2 * values, 0))
    out.sum().backward()
    assert torch.equal(values.grad, 2.0 * stays)


def test_mask_follows_the_seed_and_changes_from_call_to_call():
    drop, values = Dropout(0.3), torch.ones(8, 6, 5, 5).contiguous(memory_format=torch.channels_last)
    torch.manual_seed(1)
    first, second = drop(values), drop(values)
    torch.manual_seed(1)
    assert torch.equal(drop(values), first)
    assert not torch.equal(first, second)
    assert first.is_contiguous(memory_format=torch.channels_last)


def test_nothing_is_dropped_in_eval_mode():
    values = torch.randn(100)
    assert torch.equal(Dropout(0.5).eval()(values), values)
