import csv
import json

import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML
from torch import nn
from torch.nn.functional import binary_cross_entropy

from ganlib import generator
from ganlib.errors import UserError
from ganlib.figures import Log, closing_figures
from ganlib.objectives.objective import Batch
from ganlib.training import loop
from ganlib.training.trainer import Trainer
from tests.training import small

CPU = torch.device("cpu")


def run(tmp_path, name: str, folder: str = "run", **changes: object):
    report = small.report(name, **changes)
    out = tmp_path / folder
    loop.train(
        name, report, small.small_faces(tmp_path / "raw", report), out, tmp_path / "checkpoints", seed=3, log_every=1, checkpoint_every=2
    )
    return out


def batch(report, *, count: int = 4) -> Batch:
    rng = torch.Generator().manual_seed(1)
    low, high = report.pixel_range
    z = torch.randn(count, report.latent_size, generator=rng)
    condition = (torch.zeros(count, len(report.conditions), dtype=torch.int64),) if report.conditions else ()
    return Batch(torch.rand(count, 3, report.size, report.size, generator=rng) * (high - low) + low, condition, z, z.flip(0))


@pytest.mark.parametrize("name", small.NAMES)
def test_run_leaves_all_that_it_should(tmp_path, name):
    out = run(tmp_path, name)
    expected = {"config.yaml", "generator.safetensors", "log.csv", "reals.png", "samples/000002.png", "samples/000004.png"}
    if name == "began64":
        expected |= {"reconstructions/000002.png", "reconstructions/000004.png"}
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == expected
    with (out / "log.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
    config = YAML(typ="safe").load(out / "config.yaml")
    assert (config["report"], config["seed"], config["steps"], config["batch_size"]) == (name, 3, 4, 4)


@pytest.mark.parametrize("name", small.NAMES)
def test_equal_seeds_give_equal_bytes(tmp_path, name):
    torch.manual_seed(1)
    first = run(tmp_path, name, "first")
    torch.manual_seed(2)
    second = run(tmp_path, name, "second")
    for path in first.rglob("*.*"):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name


def test_generator_file_loads_alone_and_draws_the_last_sheet_again(tmp_path):
    out = run(tmp_path, "dcgan64")
    again, report = generator.load(out / "generator.safetensors")
    assert report == small.report("dcgan64")
    drawn = torch.cat(list(generator.generate(again, report, torch.zeros(64, 0, dtype=torch.int64), torch.Generator().manual_seed(0))))
    assert (drawn.shape, drawn.dtype) == ((64, 3, 64, 64), torch.uint8)
    assert not again.training


def test_file_that_is_no_generator_is_one_line(tmp_path):
    path = tmp_path / "generator.safetensors"
    path.write_bytes(b"\x80\x02no")
    with pytest.raises(UserError, match="is no generator that `train` wrote"):
        generator.load(path)


def test_length_is_the_epochs_unless_the_cap_is_lower(tmp_path):
    assert closing_figures(run(tmp_path, "dcgan64", "epochs", epochs=2, max_steps=None) / "log.csv")["step"] == 6  # 12 pictures, 4 a step
    assert closing_figures(run(tmp_path, "dcgan64", "cap", epochs=2, max_steps=5) / "log.csv")["step"] == 5


@pytest.mark.parametrize(("unit", "at"), [("steps", [3, 5]), ("epochs", [1, 2, 9])])
def test_snapshots_are_what_a_run_that_ended_there_leaves_and_the_end_is_kept_once(tmp_path, unit, at):
    snapshots = {"unit": unit, "at": at}
    out = run(tmp_path, "dcgan64", "long", epochs=2, max_steps=5, snapshots=snapshots)  # 12 pictures, 4 a step: an epoch is 3 steps
    assert [path.name for path in (out / "snapshots").iterdir()] == ["000003.safetensors"]
    short = run(tmp_path, "dcgan64", "short", epochs=1, max_steps=3, snapshots=snapshots)
    assert (out / "snapshots" / "000003.safetensors").read_bytes() == (short / "generator.safetensors").read_bytes()
    assert not (short / "snapshots").exists()


def test_first_steps_of_dcgan64_are_those_of_the_tutorials_loop():
    """BCE on sigmoids, D's reals and fakes in batches of their own, one batch of fakes for both steps, plain Adam."""
    report = small.report("dcgan64")
    trainer = Trainer(report, CPU, torch.Generator().manual_seed(1))
    g, d = report.networks(torch.Generator().manual_seed(1))
    adam_g = torch.optim.Adam(g.parameters(), lr=report.lr_g, betas=(report.beta1, 0.999))
    adam_d = torch.optim.Adam(d.parameters(), lr=report.lr_d, betas=(report.beta1, 0.999))
    some, one, zero = batch(report), torch.ones(4), torch.zeros(4)
    for _ in range(3):
        d.zero_grad()
        real_loss = binary_cross_entropy(d(some.real).sigmoid(), one)
        real_loss.backward()
        fake = g(some.z_d)
        fake_loss = binary_cross_entropy(d(fake.detach()).sigmoid(), zero)
        fake_loss.backward()
        adam_d.step()
        g.zero_grad()
        g_loss = binary_cross_entropy(d(fake).sigmoid(), one)
        g_loss.backward()
        adam_g.step()
        losses = trainer.step(some)
        assert losses["d_loss"].item() == pytest.approx((real_loss + fake_loss).item(), rel=1e-4)
        assert losses["g_loss"].item() == pytest.approx(g_loss.item(), rel=1e-4)
    for ours, theirs in zip(trainer.generator.parameters(), g.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_both_nets_of_began_step_from_the_same_weights():
    report = small.report("began64")
    trainer = Trainer(report, CPU, torch.Generator().manual_seed(1))
    g, d = report.networks(torch.Generator().manual_seed(1))
    some = batch(report)
    fake = g(some.z_g, *some.condition)
    expected = (d(fake, *some.condition) - fake).abs().mean()
    assert trainer.step(some)["fake_loss"].item() == pytest.approx(expected.item(), rel=1e-5)
    # and D has moved all the same
    assert any(not torch.equal(a, b) for a, b in zip(trainer.discriminator.parameters(), d.parameters(), strict=True))


@pytest.mark.parametrize("name", small.NAMES)
def test_generators_step_leaves_no_gradient_in_the_discriminator(name):
    report = small.report(name)
    trainer = Trainer(report, CPU, torch.Generator().manual_seed(1))
    seen = []

    def remember(discriminator: nn.Module, *_: object) -> None:
        seen.append([parameter.requires_grad for parameter in discriminator.parameters()])

    trainer.discriminator.register_forward_pre_hook(remember)
    trainer.step(batch(report))
    assert all(seen[0])
    assert not any(seen[-1])
    assert all(parameter.requires_grad for parameter in trainer.discriminator.parameters())


def test_dense64s_dropout_is_off_for_ds_fakes_and_on_in_gs_own_step():
    report = small.report("dense64")
    trainer = Trainer(report, CPU, torch.Generator().manual_seed(1))
    modes = []
    trainer.generator.register_forward_pre_hook(lambda generator, _: modes.append(generator.training))
    trainer.step(batch(report))
    assert modes == [False, True]


def test_loss_that_is_no_number_ends_the_run_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^train@dense64: .* at step \d+; there is no checkpoint yet; try a smaller lr_g or lr_d$"):
        run(tmp_path, "dense64", lr_d=1e38, lr_g=1e38)


def test_times_stay_out_of_the_log(tmp_path):
    out = run(tmp_path, "dense64")
    assert "seconds" not in (out / "log.csv").read_text()
    [timing] = (tmp_path / "checkpoints").glob("*/timing.csv")
    assert [line.split(",")[0] for line in timing.read_text().splitlines()] == ["step", "1", "2", "3", "4"]


def test_log_has_a_line_of_figures_with_six_digits(tmp_path):
    log = Log(tmp_path / "run" / "log.csv")
    log.write(20, {"d_loss": 1.23456789, "k": 1e-9})
    assert (tmp_path / "run" / "log.csv").read_text() == "step,d_loss,k\n20,1.23457,1e-09\n"


def test_sheet_of_samples_is_eight_by_eight_and_of_conditions_a_row_each(tmp_path):
    dcgan, began = run(tmp_path, "dcgan64", "a"), run(tmp_path, "began64", "b")
    sheets = {dcgan / "samples": (8, 8), began / "samples": (8, 10), began / "reconstructions": (8, 8)}
    for folder, (columns, rows) in sheets.items():
        with Image.open(folder / "000004.png") as sheet:
            assert sheet.size == (columns * 66 + 2, rows * 66 + 2)


def test_config_in_the_generators_file_is_one_json_object(tmp_path):
    header = (run(tmp_path, "dcgan64") / "generator.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    config = json.loads(json.loads(header[8 : 8 + length])["__metadata__"]["config"])
    assert (config["report"], config["settings"]["lr_d"]) == ("dcgan64", 5e-5)
