"""Spectral norm against the singular values of the weights."""

import copy

import pytest
import torch
from torch import nn

from ganlib.core.random import Streams
from ganlib.training.trainer import Trainer
from tests.training import small

CPU = torch.device("cpu")


def test_largest_singular_value_of_each_layer_is_near_one_before_and_after_training():
    """Near, since an estimate is one power iteration per pass behind the weights."""
    report = small.report("sngan64", width=0.1)
    trainer = Trainer(report, CPU, Streams(1))
    layers = [layer for layer in trainer.modules["discriminator"] if isinstance(layer, nn.Conv2d)]
    for steps in (0, 5):
        for _ in range(steps):
            trainer.step(small.batch(report))
        largest = [torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() for layer in layers]
        assert largest == pytest.approx([1.0] * 5, rel=0.1)


def test_power_iterations_go_on_where_a_checkpoint_left_them():
    report = small.report("sngan64")
    trained, resumed = (Trainer(report, CPU, Streams(seed)) for seed in (1, 2))
    trained.step(small.batch(report))
    resumed.load_state_dict(copy.deepcopy(trained.state_dict()))
    for trainer in (trained, resumed):
        trainer.step(small.batch(report))
    ours, theirs = (trainer.modules["discriminator"].state_dict() for trainer in (trained, resumed))
    assert sum(key.endswith("_u") for key in ours) == 5
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
