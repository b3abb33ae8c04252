"""The counts are those of the reports' own nets at width 1, worked out layer by layer from what each report states."""

import pytest
import torch
from torch import nn

from ganlib import params
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.reports.dcgan56.nets import Affine

COUNTS = {
    "dcgan112": (22_234_243, 17_266_689),
    "dcgan64": (12_658_432, 2_765_568),
    "dense64": (1_291_488, 1_269_301),
    "began64": (1_722_931, 11_198_963),
    "dcgan56": (14_136_451, 4_315_713),
    "lsgan64": (12_658_432, 2_765_568),
    "wgan64": (12_658_432, 2_765_568),
    # In D, 960 biases in place of batch norm's 1,792 gains and shifts.
    "r3gan64": (12_658_432, 2_764_736),
    "sngan64": (12_658_432, 2_764_736),
    # Decoder: 100 x 512 x 16, three halvings of channels by 4x4 kernels, 64 x 3 x 16 + 3, two for each normed channel.
    "vae64": (
        100 * 512 * 16 + (512 * 256 + 256 * 128 + 128 * 64) * 16 + 64 * 3 * 16 + 3 + 2 * (512 + 256 + 128 + 64),
        3 * 64 * 16 + 64 + (64 * 128 + 128 * 256 + 256 * 512) * 16 + 2 * (128 + 256 + 512) + 512 * 200 * 16 + 200,
    ),
}


def as_reported(name: str, **changes: object) -> Report:
    """The report's settings at full scale."""
    full = {key: value for key, value in params.own(name).items() if key not in params.SHORTER}
    return settings_of(name).model_validate({**full, **changes})


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", COUNTS)
def test_networks_have_the_reports_parameter_counts(name):
    assert tuple(map(count, as_reported(name).networks(1).values())) == COUNTS[name]


def test_dcgan56_as_run_has_its_parameter_count():
    as_run = as_reported("dcgan56", d_dropout=0.0, d_batch_norm="affine", d_first_batch_norm=False, pack=2, real_label=0.9)
    assert count(as_run.networks(1)["discriminator"]) == 4_323_841


def test_curve_nets_are_5_128_15_and_15_128_1():
    generator, discriminator = params.load().curve.networks(1).values()
    assert (count(generator), count(discriminator)) == (5 * 128 + 128 + 128 * 15 + 15, 15 * 128 + 128 + 128 + 1)


@pytest.mark.parametrize("name", COUNTS)
def test_networks_have_the_inputs_and_outputs_of_the_report(name):
    report = as_reported(name, **({"width": 0.1} if name != "dense64" else {}))
    generator, other = report.networks(1).values()
    condition = (torch.zeros(4, len(report.condition_groups), dtype=torch.int64),) if report.condition_groups else ()
    pictures = generator(torch.randn(4, report.latent_size), *condition)
    assert pictures.shape == (4, 3, report.size, report.size)
    shapes = {"began64": pictures.shape, "vae64": (4, 2 * report.latent_size)}
    assert other(pictures, *condition).shape == shapes.get(name, (4,))
    if name != "began64":  # which bounds nothing
        low, high = report.pixel_range
        assert low <= pictures.min() <= pictures.max() <= high


def test_width_scales_channels_and_nothing_else():
    generator, discriminator = as_reported("dcgan64", width=0.25).networks(1).values()
    assert [layer.out_channels for layer in generator if isinstance(layer, nn.ConvTranspose2d)] == [256, 128, 64, 32, 3]
    assert [layer.out_channels for layer in discriminator if isinstance(layer, nn.Conv2d)] == [16, 32, 64, 128, 1]
    assert generator[0].in_channels == 100
    began = as_reported("began64", width=0.25).networks(1)["generator"]
    assert [table.weight.shape for table in began.conditions] == [(5, 16), (2, 16)]
    assert began.decoder[0].out_features == 64


def plain_generator() -> nn.Sequential:
    """As the report prints it."""
    return nn.Sequential(
        nn.ConvTranspose2d(100, 1024, 4, 1, 0, bias=False), nn.BatchNorm2d(1024), nn.ReLU(True),
        nn.ConvTranspose2d(1024, 512, 4, 2, 1, bias=False), nn.BatchNorm2d(512), nn.ReLU(True),
        nn.ConvTranspose2d(512, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256), nn.ReLU(True),
        nn.ConvTranspose2d(256, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.ReLU(True),
        nn.ConvTranspose2d(128, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def plain_discriminator() -> nn.Sequential:
    """As the report prints it."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, True),
        nn.Conv2d(128, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256), nn.LeakyReLU(0.2, True),
        nn.Conv2d(256, 512, 4, 2, 1, bias=False), nn.BatchNorm2d(512), nn.LeakyReLU(0.2, True),
        nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Sigmoid(),
    )  # fmt: skip


def test_dcgan64_and_its_plain_twin_load_each_others_state_strictly():
    generator, discriminator = as_reported("dcgan64").networks(1).values()
    twin_g, twin_d = plain_generator(), plain_discriminator()
    twin_g.load_state_dict(generator.state_dict(), strict=True)
    twin_d.load_state_dict(discriminator.state_dict(), strict=True)
    z = torch.randn(2, 100)
    with torch.inference_mode():
        pictures = twin_g.eval()(z[:, :, None, None])
        torch.testing.assert_close(generator.eval()(z), pictures, rtol=0, atol=1e-6)  # the first layer is a matrix product
        torch.testing.assert_close(discriminator.eval()(pictures).sigmoid(), twin_d.eval()(pictures).flatten(), rtol=0, atol=0)
    generator.load_state_dict(plain_generator().state_dict(), strict=True)
    discriminator.load_state_dict(plain_discriminator().state_dict(), strict=True)


@pytest.mark.parametrize("begun", [lambda net: net, lambda net: net.train(), lambda net: nn.Sequential(net).train()])
def test_affine_batch_norm_only_scales_and_shifts_however_training_begins(begun):
    pictures = torch.randn(8, 3, 4, 4) + 5
    affine = Affine(3)
    nn.init.constant_(affine.weight, 2.0)
    nn.init.constant_(affine.bias, 1.0)
    torch.testing.assert_close(begun(affine)(pictures), 2 * pictures / (1 + affine.eps) ** 0.5 + 1)
    assert affine.running_mean.abs().max() == 0


def test_dcgan56_as_run_trains_with_no_batch_statistics_in_d():
    """The author's D: two equal batches but for one picture give the others' logits the same, as no batch norm could."""
    report = as_reported("dcgan56", width=0.1, d_dropout=0.0, d_batch_norm="affine", d_first_batch_norm=False)
    discriminator = report.networks(1)["discriminator"]
    pictures = torch.randn(4, 3, 56, 56)
    others = torch.cat([pictures[:3], 9 * pictures[3:]])
    torch.testing.assert_close(discriminator(pictures)[:3], discriminator(others)[:3])


def test_critic_of_wgan64_judges_each_picture_by_itself():
    critic, pictures = as_reported("wgan64", width=0.1).networks(1)["discriminator"], torch.randn(4, 3, 64, 64)
    torch.testing.assert_close(critic(pictures)[:2], critic(pictures[:2]), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in critic)


@pytest.mark.parametrize("name", ["r3gan64", "sngan64"])
@pytest.mark.parametrize("sampling", ["strides", "average"])
def test_discriminator_without_batch_norm_judges_each_picture_by_itself(name, sampling):
    discriminator, pictures = as_reported(name, width=0.1, sampling=sampling).networks(1)["discriminator"], torch.randn(4, 3, 64, 64)
    for _ in range(100):
        discriminator(pictures)  # until spectral norm's estimates no longer change
    torch.testing.assert_close(discriminator(pictures)[:2], discriminator(pictures[:2]), rtol=1e-4, atol=1e-5)
    biases = [layer.bias for layer in discriminator if isinstance(layer, nn.Conv2d)]
    assert [bias is None for bias in biases] == [False] * 4 + [True]
