"""dcgan64's tricks of "How to train a GAN": each is off by default and has its effect."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

import ganlib
from ganlib.core.random import Streams
from ganlib.models.dropout import LatentDropout
from ganlib.reports.dcgan64.nets import MinibatchStd
from ganlib.reports.dcgan64.objective import WithTricks
from ganlib.support.errors import UserError
from ganlib.training.distributed.team import ALONE, Team
from ganlib.training.feed import Feed
from ganlib.training.trainer import Trainer
from ganlib.use.export import onnx, web
from tests.reports.test_nets import as_reported
from tests.training import small
from tests.use.lively import below, trained

CPU = torch.device("cpu")


def objective(**changes: object) -> WithTricks:
    return WithTricks(small.report("dcgan64", **changes), Streams(1), ALONE)


def mean(pictures: Tensor) -> Tensor:
    """The mean of a picture is its logit."""
    return pictures.mean(dim=(1, 2, 3))


def pictures(*logits: float) -> Tensor:
    return torch.tensor(logits)[:, None, None, None].expand(-1, 3, 8, 8)


def test_tricks_are_off_by_default_and_draw_no_random_number():
    off = {"output": "tanh", "norm": "batch", "dropout": 0, "sample_dropout": False, "minibatch_std": False, "d_steps": 1}
    off |= {"soft_real": None, "soft_fake": None, "flip_labels": 0, "replay": None, "input_noise": 0}
    assert {key: getattr(as_reported("dcgan64"), key) for key in off} == off
    for changes, drawn in (({}, set()), (small.TRICKS, {"labels", "replay", "input noise"})):
        report, streams = small.report("dcgan64", **changes), Streams(1)
        Trainer(report, CPU, streams).step(small.batch(report))
        assert set(streams.state_dict()) == drawn


def test_sigmoid_draws_and_learns_pictures_in_0_to_1(tmp_path):
    report = small.report("dcgan64", output="sigmoid")
    real = Feed(report, small.small_faces(tmp_path, report), CPU, Streams(1)).next().real
    assert 0 <= real.min() < 0.1 < 0.5 < real.max() <= 1
    generator = ganlib.load(trained(below(tmp_path, "dcgan64"), "dcgan64", width=0.05, output="sigmoid").run)
    with torch.inference_mode():
        drawn = generator.net(torch.from_numpy(generator.z([5])))
    assert 0 <= drawn.min() < 0.2 < 0.8 < drawn.max() <= 1
    assert abs(generator.sample([5]) - (drawn * 255).round().numpy()).max() <= 1


@pytest.mark.parametrize(
    ("norm", "layer", "alone"), [("batch", nn.BatchNorm2d, False), ("instance", nn.InstanceNorm2d, True), ("none", None, True)]
)
def test_norm_is_of_both_nets_and_batch_norm_alone_makes_a_logit_depend_on_the_batch(norm, layer, alone):
    nets = small.report("dcgan64", norm=norm, width=0.2).networks(1)
    kinds = [[type(one) for one in net if isinstance(one, nn.BatchNorm2d | nn.InstanceNorm2d)] for net in nets.values()]
    assert kinds == [[layer] * 4 if layer else [], [layer] * 3 if layer else []]
    gains = torch.cat(
        [one.weight for net in nets.values() for one in net if isinstance(one, nn.BatchNorm2d | nn.InstanceNorm2d)] or [torch.ones(1)]
    )
    assert gains.std(correction=0).item() == pytest.approx(0.02 if layer else 0, rel=0.2)
    some = torch.rand(4, 3, 64, 64)
    of_four, of_one = nets["discriminator"](some)[:1], nets["discriminator"](some[:1])
    assert torch.allclose(of_four, of_one, rtol=0, atol=1e-5) == alone
    z = torch.randn(1, 100)
    assert torch.isfinite(nets["generator"](z)).all()


def test_minibatch_std_is_of_four_pictures_and_averaged_over_channels_and_pixels():
    maps = torch.zeros(8, 2, 3, 3)
    maps[4:6, 0] = 2.0  # a standard deviation of 1 in one of the two channels
    found = MinibatchStd(4)(maps)
    assert torch.equal(found[:, :2], maps)
    expected = torch.tensor([0.0] * 4 + [0.5] * 4)[:, None, None].expand(-1, 3, 3)
    torch.testing.assert_close(found[:, 2], expected, rtol=0, atol=2e-4)


def test_minibatch_std_lets_the_logit_of_a_picture_depend_on_the_three_beside_it():
    discriminator = small.report("dcgan64", minibatch_std=True, norm="none").networks(1)["discriminator"].double()
    some = torch.rand(8, 3, 64, 64).double()
    other = some.clone()
    other[1] = 0
    assert (discriminator(some) != discriminator(other)).tolist() == [True] * 4 + [False] * 4


def test_batch_that_is_no_multiple_of_four_is_refused_with_minibatch_std():
    with pytest.raises(ValidationError, match="batch_size 6 is not a multiple of 4, as minibatch_std needs"):
        small.report("dcgan64", minibatch_std=True, batch_size=6)
    said = r"a batch of 4 real pictures \(4 judged together\) cannot be sharded evenly over 2 processes"
    with pytest.raises(UserError, match=said):
        Team(size=2).check_batch(small.report("dcgan64", minibatch_std=True))


def test_soft_and_flipped_labels_are_uniform_in_their_ranges():
    some = objective(soft_real=[0.7, 1.2], soft_fake=[0.0, 0.3], flip_labels=0.25)
    logits = torch.zeros(40_000)
    for real, (low, high), share in ((True, (0.7, 1.2), 0.75), (False, (0.0, 0.3), 0.75), (True, (0.0, 0.3), 0.25)):
        labels = some.labels(logits, real=real)
        inside = labels[(low <= labels) & (labels < high)]
        assert len(inside) / 40_000 == pytest.approx(share, abs=5 * math.sqrt(0.25 * 0.75 / 40_000))
        assert inside.mean().item() == pytest.approx((low + high) / 2, abs=0.01)
        assert inside.std().item() == pytest.approx((high - low) / math.sqrt(12), rel=0.05)


def test_only_labels_that_are_set_are_soft():
    real, fake = (objective(soft_real=[0.7, 1.2]).labels(torch.zeros(9), real=kind) for kind in (True, False))
    assert (len(real.unique()), fake.unique().tolist()) == (9, [0])
    flipped = objective(flip_labels=0.5, real_label=0.9).labels(torch.zeros(99), real=True)
    assert flipped.unique().tolist() == pytest.approx([0, 0.9])


def test_d_learns_the_soft_labels():
    """The cross-entropy of a logit x with the label y is softplus(x) - x y, linear in y: 0.95 and 0.15 on average."""
    some = objective(soft_real=[0.7, 1.2], soft_fake=[0.0, 0.3])
    losses = some.discriminator_losses(mean, pictures(*[1.0] * 20_000), pictures(*[-2.0] * 20_000))
    expected = math.log1p(math.exp(1)) - 0.95 + math.log1p(math.exp(-2)) + 2 * 0.15
    assert losses["d_loss"].item() == pytest.approx(expected, abs=0.01)
    assert losses["d_accuracy"] == 1  # which is of the true kinds


def test_half_of_ds_fakes_are_earlier_ones_and_each_is_replayed_once():
    some, seen = objective(replay=6), []
    for step in range(40):
        fakes = pictures(*(4.0 * step + place for place in range(4)))
        shown = some._replayed(fakes)
        assert torch.equal(shown[:2], fakes[:2])
        seen.append(shown[2:, 0, 0, 0])
    ages = torch.stack([step - (late // 4) for step, late in enumerate(seen)])
    assert ages.min() >= 0
    assert 1 < ages[10:].mean() < 5  # six are kept, and two leave at each step: three steps on average
    later = torch.cat(seen[20:]).tolist()
    assert len(set(later)) == len(later)


def test_input_noise_falls_linearly_to_nothing_and_reaches_d_in_both_updates():
    some, shown = objective(input_noise=0.5, input_noise_steps=4), []

    def discriminator(images: Tensor) -> Tensor:
        shown.append(images.std().item())
        return mean(images)

    black = torch.zeros(64, 3, 16, 16)
    for _ in range(5):
        some.discriminator_losses(discriminator, black, black)
        some.generator_losses(discriminator, black)
        some.steps += 1
    assert shown == pytest.approx([std for std in (0.5, 0.375, 0.25, 0.125, 0) for _ in range(3)], rel=0.02)


def test_d_takes_its_steps_each_on_its_own_reals_and_g_takes_one(monkeypatch):
    report = small.report("dcgan64", d_steps=3)
    assert (report.reals_per_step, report.batches_per_step) == (12, 3)
    trainer, updates, reals = Trainer(report, CPU, Streams(1)), [], []
    update, losses = trainer.update, trainer.objective.discriminator_losses
    monkeypatch.setattr(trainer, "update", lambda *names: (updates.extend(names), update(*names)))
    monkeypatch.setattr(trainer.objective, "discriminator_losses", lambda d, real, fake: (reals.append(real), losses(d, real, fake))[1])
    batch = small.batch(report)
    trainer.step(batch)
    assert updates == ["discriminator"] * 3 + ["generator"]
    assert torch.equal(torch.cat(reals), batch.real)


def test_dropout_of_samples_is_of_the_rate_and_follows_z():
    drop, z = LatentDropout(0.3, 100, 4 * 8 * 8).eval(), torch.randn(2_000, 100)
    found = drop(torch.ones(2_000, 4, 8, 8), z)
    assert found.unique().tolist() == pytest.approx([0, 1 / 0.7])
    dropped = (found == 0).double()
    assert dropped.mean().item() == pytest.approx(0.3, abs=0.002)
    assert dropped.mean(0).std().item() == pytest.approx(math.sqrt(0.21 / 2_000), rel=0.2)  # as of independent draws
    assert dropped.mean((1, 2, 3)).std().item() == pytest.approx(math.sqrt(0.21 / 256), rel=0.2)
    assert torch.equal(drop(torch.ones(1, 4, 8, 8), z[7:8]), found[7:8])
    torch.manual_seed(1)
    masks = [drop.train()(torch.ones(1, 4, 8, 8), z[:1]) for _ in range(2)]
    assert not torch.equal(*masks)


@pytest.mark.parametrize(("sampled", "layers"), [(False, nn.Dropout), (True, LatentDropout)])
def test_dropout_follows_each_hidden_layer_of_g_and_stays_on_in_samples_if_set(tmp_path, sampled, layers):
    path = below(tmp_path, "dcgan64")
    generator = ganlib.load(trained(path, "dcgan64", width=0.05, dropout=0.5, sample_dropout=sampled).run)
    assert sum(type(layer) in (layers, *layers.__subclasses__()) for layer in generator.net) == 4
    seven = generator.sample([7]).astype(int)
    assert abs(generator.sample(range(70)).astype(int)[7] - seven[0]).max() <= 1
    for layer in generator.net:
        if isinstance(layer, LatentDropout):
            layer.dropout.p = 0.0
    assert (abs(generator.sample([7]) - seven).max() > 50) == sampled


@pytest.mark.slow
def test_dropout_of_samples_is_exported_to_onnx_and_refused_by_the_page(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    changes = {"width": 0.05, "dropout": 0.5, "sample_dropout": True, "norm": "instance"}
    generator = ganlib.load(trained(below(tmp_path, "dcgan64"), "dcgan64", **changes).run)
    onnx.export(generator, Path(tmp_path / "generator.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "generator.onnx", providers=["CPUExecutionProvider"])
    (drawn,) = session.run(["pictures"], {"z": generator.z(range(5))})
    assert np.ptp(drawn) > 100
    assert abs(drawn - generator.sample(range(5)).astype(int)).max() <= 1
    with pytest.raises(UserError, match=r"^--format web: the page cannot run InstanceNorm2d\("):
        web.export(generator, tmp_path / "page.html")
    generator = ganlib.load(trained(below(tmp_path, "dcgan64"), "dcgan64", **{**changes, "norm": "batch"}).run)
    with pytest.raises(UserError, match=r"^--format web: the net computes something outside of its layers before UpsampleConv\("):
        web.export(generator, tmp_path / "page.html")
