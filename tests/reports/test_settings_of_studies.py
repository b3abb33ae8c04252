"""Settings that the reports' claims are about: each defaults to the report's value and has its effect."""

import pytest
import torch
from torch import nn

from ganlib import params
from ganlib.core.images import to_float
from ganlib.core.random import Streams
from ganlib.models.adversarial import Adversarial
from ganlib.models.dcgan import UpsampleConv
from ganlib.reports.dense64.convolutional import Discriminator, Generator
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE
from ganlib.training.feed import Feed
from tests.reports.test_nets import as_reported, count
from tests.training import small

DCGANS = ("dcgan112", "dcgan64", "dcgan56")
CPU = torch.device("cpu")


def kinds(net: nn.Module, *wanted: type) -> list[type]:
    return [type(layer) for layer in net.modules() if isinstance(layer, wanted)]


OWN = {"dcgan112": {"activation": "relu", "size": 112}, "dcgan64": {"activation": "relu"}, "dcgan56": {"activation": "leaky_relu"}}


@pytest.mark.parametrize(("name", "own"), [*OWN.items(), ("dense64", {"layers": "dense"})])
def test_defaults_are_the_reports_own(name, own):
    common = {"shuffle": True, "train_images": None, "leaky_slope": 0.2, "bn_momentum": 0.1, "beta2": 0.999}
    if name in DCGANS:
        common |= {"d_activation": "leaky_relu", "sampling": "strides", "joint_batch": False, "init_std": 0.02}
    assert {key: getattr(as_reported(name), key) for key in common | own} == common | own


@pytest.mark.parametrize("name", DCGANS)
def test_activation_of_each_net_is_its_own_setting(name):
    for activation, d_activation in (("relu", "leaky_relu"), ("leaky_relu", "relu")):
        nets = small.report(name, activation=activation, d_activation=d_activation).build()
        expected = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU}
        assert set(kinds(nets["generator"], nn.ReLU, nn.LeakyReLU)) == {expected[activation]}
        assert set(kinds(nets["discriminator"], nn.ReLU, nn.LeakyReLU)) == {expected[d_activation]}


@pytest.mark.parametrize("name", DCGANS)
@pytest.mark.parametrize(("sampling", "pools"), [("nearest", []), ("average", [nn.AvgPool2d] * 4), ("max", [nn.MaxPool2d] * 4)])
def test_pools_halve_the_maps_in_place_of_strides_and_neighbours_double_them(name, sampling, pools):
    report = small.report(name, sampling=sampling)
    generator, discriminator = report.networks(1).values()
    assert kinds(discriminator, nn.AvgPool2d, nn.MaxPool2d) == pools
    assert len(kinds(generator, UpsampleConv)) == (3 if name == "dcgan56" else 4)  # which comes from 4x4 to 7x7 without doubling
    assert ((2, 2) in {layer.stride for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)}) == (not pools)
    pictures = generator(torch.randn(2, 100))
    assert pictures.shape == (2, 3, report.size, report.size)
    assert discriminator(pictures).shape == (2,)


@pytest.mark.parametrize("name", DCGANS)
def test_initial_weights_have_the_standard_deviation_of_the_settings(name):
    nets, usual = (small.report(name, width=0.2, init_std=std).networks(1) for std in (0.002, 0.02))
    for net in nets:
        for (key, weight), ten_times in zip(nets[net].named_parameters(), usual[net].parameters(), strict=True):
            if weight.ndim > 1:
                assert torch.allclose(10 * weight, ten_times), key
            else:  # gains of batch norm, and biases
                assert torch.equal(weight, ten_times), key


class Mean(nn.Module):
    """Stands for a D with batch norm: its output for a picture depends on the batch."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return (pictures - pictures.mean()).mean(dim=(1, 2, 3))


def test_joint_batch_lets_d_see_reals_and_fakes_at_once():
    real, fake = torch.full((4, 3, 2, 2), 3.0), torch.full((4, 3, 2, 2), 1.0)
    apart = Adversarial("non_saturating", 1.0).discriminator_losses(Mean(), real, fake)
    joint = Adversarial("non_saturating", 1.0, joint_batch=True).discriminator_losses(Mean(), real, fake)
    assert float(apart["d_loss"]) == pytest.approx(2 * torch.tensor(2.0).log().item())  # all logits are 0
    assert float(joint["d_loss"]) == pytest.approx(2 * torch.nn.functional.softplus(torch.tensor(-1.0)).item())  # 1 and -1
    assert float(joint["d_accuracy"]) == 1


def test_pictures_that_are_not_shuffled_come_in_the_order_of_the_cache_in_each_epoch(tmp_path):
    settings = small.report("dcgan64", shuffle=False)
    faces = small.small_faces(tmp_path, settings)
    feed, shuffled = (Feed(report, faces, CPU, Streams(1)) for report in (settings, small.report("dcgan64")))
    expected = [feed.pictures.batch(torch.arange(start, start + 4)) for start in (0, 4, 8)] * 2
    found = [feed.next().real for _ in expected]
    for pictures, batch in zip(expected, found, strict=True):
        assert torch.equal(to_float(pictures, settings.pixel_range), batch)
    assert not torch.equal(shuffled.next().real, found[0])


def test_first_pictures_of_the_split_alone_are_trained_on(tmp_path):
    faces = small.small_faces(tmp_path, small.report("dcgan64"))
    some = faces.first(5)
    assert (len(some), some.rows.tolist(), len(some.table)) == (5, [0, 1, 2, 3, 4], 5)
    assert faces.first(None) is faces
    with pytest.raises(UserError, match="train_images: 13 is more than the 12 pictures of the split"):
        faces.first(13)


def test_dcgan112_at_half_its_size_leaves_the_largest_maps_out():
    """Without the 128 channels: 5x5 kernels, and in G 256 x 3 of them for the pictures."""
    generator, discriminator = as_reported("dcgan112", size=56, crop="tight56").networks(1).values()
    hidden = 25 * (1024 * 512 + 512 * 256)
    normed = 2 * (1024 + 512 + 256)
    assert count(generator) == 100 * 1024 * 49 + hidden + 25 * 256 * 3 + 3 + normed
    assert count(discriminator) == 25 * 3 * 256 + 256 + hidden + 2 * (512 + 1024) + 1024 * 49 + 1
    pictures = generator(torch.randn(2, 100))
    assert pictures.shape == (2, 3, 56, 56)
    assert discriminator(pictures).shape == (2,)


def test_size_needs_a_crop_of_that_size(changed_params):
    with pytest.raises(UserError, match="squashed112 makes 112x112 pictures and dcgan112 takes 56x56: one of tight56"):
        params.load(changed_params({"reports.dcgan112.size": 56}))
    settings = params.load(changed_params({"reports.dcgan112.size": 56, "reports.dcgan112.crop": "tight56"}))
    assert settings.report("dcgan112").size == 56


def test_convolutional_dense64_has_about_as_many_weights_and_trains_as_the_dense_one():
    report = as_reported("dense64", layers="convolutional")
    generator, discriminator = report.networks(1).values()
    assert (type(generator), type(discriminator)) == (Generator, Discriminator)
    assert (count(generator), count(discriminator)) == (1_100_224, 1_083_360)
    pictures = generator(torch.randn(2, 100))
    assert pictures.shape == (2, 3, 64, 64)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert discriminator(pictures).shape == (2,)
    assert type(report.objective(Streams(1), ALONE)) is type(as_reported("dense64").objective(Streams(1), ALONE))
    assert {layer.p for net in (generator, discriminator) for layer in net.modules() if isinstance(layer, nn.Dropout)} == {0.3}
