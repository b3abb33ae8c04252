import pytest
import torch
from torch import nn

from ganlib.training.rates import parameter_groups
from tests.training import small


def groups(name: str, **changes: object) -> tuple[list[dict], list[dict]]:
    report = small.report(name, **changes)
    narrow, full = report.build(), report.at_full_width().build()
    return tuple(parameter_groups(net, wide, 5e-5) for net, wide in zip(narrow, full, strict=True))


@pytest.mark.parametrize("name", small.NAMES)
def test_every_parameter_has_the_stated_rate_at_width_one(name):
    full_width = {} if name == "dense64" else {"width": 1.0}
    for group in groups(name, **full_width):
        assert [(one["lr"], one["scale"]) for one in group] == [(5e-5, 1.0)]


@pytest.mark.parametrize("name", small.NAMES)
def test_every_parameter_is_in_one_group(name):
    report = small.report(name)
    for net, group in zip(report.build(), groups(name), strict=True):
        assert sum(len(one["params"]) for one in group) == len(list(net.parameters()))


def test_weights_that_read_a_quarter_of_the_channels_move_four_times_as_fast():
    generator, discriminator = groups("dcgan64", width=0.25)
    assert [(one["scale"], one["lr"]) for one in discriminator] == [(1.0, 5e-5), (4.0, pytest.approx(2e-4))]
    # Scale 1: what reads z or the picture, and batch norm's gains and biases.
    assert sorted(tuple(parameter.shape) for parameter in generator[0]["params"] if parameter.ndim > 1) == [(100, 256, 4, 4)]
    assert sorted(tuple(parameter.shape) for parameter in discriminator[0]["params"] if parameter.ndim > 1) == [(16, 3, 4, 4)]


def test_one_step_of_adam_changes_a_narrow_layers_output_as_much_as_a_wide_ones():
    changes = []
    for inputs in (16, 1024):
        layer, full = nn.Linear(inputs, 1, bias=False), nn.Linear(1024, 1, bias=False)
        adam = torch.optim.Adam(parameter_groups(layer, full, 1e-4))
        before = layer(torch.ones(1, inputs))
        before.sum().backward()
        adam.step()
        changes.append((layer(torch.ones(1, inputs)) - before).item())
    assert changes[0] == pytest.approx(changes[1], rel=1e-3)
