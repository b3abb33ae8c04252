"""Every setting reaches the net, optimizer or objective that it is about: each report is built with unusual values of its settings."""

import pytest
import torch
from torch import nn

from ganlib.core.random import Streams, stream
from ganlib.models.gan import Gan
from ganlib.models.registry import settings_of
from ganlib.reports.lsgan64.objective import LeastSquares
from ganlib.reports.sngan64.objective import Hinge
from ganlib.training.trainer import Trainer
from tests.training import small

CPU = torch.device("cpu")
GANS = [name for name in small.NAMES if issubclass(settings_of(name), Gan)]


def trainer(name: str, **changes: object) -> Trainer:
    return Trainer(small.report(name, **changes), CPU, Streams(1))


@pytest.mark.parametrize("name", GANS)
def test_each_nets_optimizer_has_its_own_rate_scaled_and_the_reports_betas(name):
    some = trainer(name, lr_g=1e-3, lr_d=3e-3, rate_scale=2.0, beta1=0.3, beta2=0.7)
    groups = {net: optimizer.param_groups[0] for net, optimizer in some.optimizers.items()}
    assert {net: group["lr"] for net, group in groups.items()} == pytest.approx({"generator": 2e-3, "discriminator": 6e-3})
    assert {group["betas"] for group in groups.values()} == {(0.3, 0.7)}
    for net, optimizer in some.optimizers.items():
        of_net = {id(weight) for weight in some.modules[net].parameters()}
        assert {id(weight) for group in optimizer.param_groups for weight in group["params"]} == of_net


@pytest.mark.parametrize("name", GANS)
def test_optimizers_follow_the_settings(name):
    some = trainer(name, optimizer_g="sgd", optimizer_d="adam").optimizers
    assert {net: type(optimizer) for net, optimizer in some.items()} == {"generator": torch.optim.SGD, "discriminator": torch.optim.Adam}


def test_both_nets_of_vae64_have_the_optimizer_and_the_rate_of_g():
    some = trainer("vae64", optimizer_g="sgd", lr_g=1e-3, rate_scale=2.0)
    assert {type(optimizer) for optimizer in some.optimizers.values()} == {torch.optim.SGD}
    assert some.rates == pytest.approx({"generator": 2e-3, "encoder": 2e-3})


def test_sgd_steps_down_the_gradient_by_the_rate_and_no_further():
    some = trainer("dcgan64", optimizer_d="sgd", lr_d=0.5)
    discriminator = some.modules["discriminator"]
    weight = next(discriminator.parameters())
    before = weight.detach().clone()
    for times in (1, 2):
        some.minimize(discriminator(torch.ones(2, 3, 64, 64)).sum() * 0 + weight.sum(), "discriminator")
        torch.testing.assert_close(weight.detach(), before - 0.5 * times)


@pytest.mark.parametrize("name", small.NAMES)
def test_first_weights_are_drawn_as_the_report_draws_them(name):
    """Normal ones of DCGAN have a standard deviation of 0.02 in every layer; Glorot's are bounded by the layer's size."""
    for net in small.report(name, **({} if name == "dense64" else {"width": 0.2})).networks(1).values():
        for weight in net.parameters():
            if weight.dim() > 1 and weight.numel() > 2000:
                deviation = weight.std().item()
                if name not in ("dense64", "began64", "r3gan64"):
                    assert deviation == pytest.approx(0.02, rel=0.1)
                else:  # the reports of Keras and of its defaults, and a D without batch norm
                    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weight)
                    assert deviation == pytest.approx((2 / (fan_in + fan_out)) ** 0.5, rel=0.1)


@pytest.mark.parametrize("name", small.NAMES)
def test_first_weights_of_each_net_are_drawn_by_its_own_stream_alone(name):
    report = small.report(name)
    torch.manual_seed(1)
    drawn = report.networks(3)
    torch.manual_seed(2)
    for net, module in report.build().items():
        report.init_weights(module, stream(3, "weights", net))
        for key, weight in module.state_dict().items():
            assert torch.equal(drawn[net].state_dict()[key], weight), key


@pytest.mark.parametrize("on", [True, False])
def test_nets_are_compiled_if_the_settings_say_so(monkeypatch, on):
    compiled = []
    monkeypatch.setattr(nn.Module, "compile", lambda module: compiled.append(module))
    some = trainer("dcgan64", compile=on)
    assert compiled == (list(some.modules.values()) if on else [])


@pytest.mark.parametrize(("name", "purpose"), [("began64", "wrong conditions"), ("wgan64", "penalty")])
def test_objective_draws_from_its_stream(name, purpose):
    streams = Streams(1)
    assert Trainer(small.report(name), CPU, streams).objective.rng is streams[purpose]


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("name", ["dcgan112", "dcgan64", "dcgan56"])
def test_loss_real_label_and_joint_batch_reach_the_objective_of_dcgans(name, joint):
    objective = trainer(name, loss="minimax", real_label=0.7, joint_batch=joint).objective
    assert (objective.loss, objective.real_label, objective.joint_batch) == ("minimax", 0.7, joint)


@pytest.mark.parametrize("name", [name for name in small.NAMES if name != "began64"])
def test_slope_of_leaky_relu_and_momentum_of_batch_norm_reach_every_layer(name):
    extra = {"layers": "convolutional"} if name == "dense64" else {}
    nets = small.report(name, leaky_slope=0.15, bn_momentum=0.3, **extra).build().values()
    layers = [layer for net in nets for layer in net.modules()]
    assert {layer.negative_slope for layer in layers if isinstance(layer, nn.LeakyReLU)} == {0.15}
    assert {layer.momentum for layer in layers if isinstance(layer, nn.BatchNorm2d)} == {0.3}


def test_slope_of_the_dense_nets_is_the_setting():
    nets = small.report("dense64", leaky_slope=0.15).build().values()
    assert [layer.negative_slope for net in nets for layer in net if isinstance(layer, nn.LeakyReLU)] == [0.15] * 6


def dropouts(net: nn.Module) -> set[float]:
    return {layer.p for layer in net.modules() if isinstance(layer, nn.Dropout)}


def test_each_net_has_its_dropout_rate():
    dcgan56, dense64 = trainer("dcgan56", dropout=0.1, d_dropout=0.2).modules, trainer("dense64", dropout=0.4).modules
    assert {net: dropouts(module) for net, module in dcgan56.items()} == {"generator": {0.1}, "discriminator": {0.2}}
    assert {net: dropouts(module) for net, module in dense64.items()} == {"generator": {0.4}, "discriminator": {0.4}}
    assert sum(isinstance(layer, nn.Dropout) for module in dense64.values() for layer in module.modules()) == 6
    assert [sum(isinstance(layer, nn.Dropout) for layer in module.modules()) for module in dcgan56.values()] == [4, 4]


def test_began64_starts_grey_and_its_objective_gets_every_setting():
    weights = {"gamma": 0.6, "lambda_k": 0.01, "wrong_condition": 1.25, "out_of_bound": 0.5}
    some = trainer("began64", **weights, threshold=3.0, patience=7, lr_floor=1e-5, rate_scale=4.0)
    assert torch.equal(some.generator.decoder[-1].bias, torch.full((3,), 0.5))
    objective = some.objective
    assert {key: getattr(objective, key) for key in weights} == weights
    assert (objective.deviations, objective.patience, objective.sizes) == (3.0, 7, [5, 2])
    assert objective.lr_floor == pytest.approx(4e-5)


def test_objectives_of_vae64_and_of_the_baselines_follow_their_settings():
    wasserstein = trainer("wgan64", penalty=3.0, critic_steps=4).objective
    assert (wasserstein.penalty, wasserstein.critic_steps) == (3.0, 4)
    assert small.report("wgan64", critic_steps=4).reals_per_step == 16
    assert trainer("vae64", sigma=0.25).objective.sigma == 0.25
    assert trainer("r3gan64", gamma=5.0).objective.gamma == 5.0
    assert type(trainer("lsgan64").objective) is LeastSquares
    assert type(trainer("sngan64").objective) is Hinge


def test_condition_changes_what_g_draws_and_how_d_reconstructs():
    nets = small.report("began64", width=0.1).networks(1)
    plain, *others = (torch.tensor([condition] * 2) for condition in ([0, 0], [1, 0], [0, 1]))
    for net, first in (("generator", torch.randn(2, 64)), ("discriminator", torch.rand(2, 3, 64, 64))):
        for other in others:
            assert not torch.equal(nets[net](first, plain), nets[net](first, other))
