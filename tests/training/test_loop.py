import csv
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML
from torch.nn.functional import binary_cross_entropy

from ganlib.core import random
from ganlib.core.images import to_uint8
from ganlib.core.random import Streams, derived_seed, stream
from ganlib.core.tables import Log, final_metrics
from ganlib.models import store
from ganlib.models.adversarial import Adversarial
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from ganlib.support.schedule import CheckpointSchedule
from ganlib.training import loop
from ganlib.training.monitor import Monitor
from ganlib.training.sheets import Sheets, shown_conditions
from ganlib.training.trainer import Trainer
from ganlib.training.writer import has_sheet
from tests.training import children, small

CPU = torch.device("cpu")


def run(tmp_path, name: str, folder: str = "run", *, seed: int = 3, log_every: int = 1, **changes: object):
    report = small.report(name, **changes)
    out = Outputs.below(tmp_path / folder)
    faces = small.small_faces(tmp_path / "raw", report)
    loop.train(name, report, faces, out, tmp_path / folder / "checkpoints", seed=seed, log_every=log_every, save_every=2)
    return out


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Outputs]:
    """A report's run, which is made once; read only."""
    return cache(lambda name: run(tmp_path_factory.mktemp(name), name))


@pytest.mark.parametrize("name", small.NAMES)
def test_run_leaves_all_that_it_should(complete, name):
    out = complete(name)
    progress = {"log.csv", "reals.png", "samples/000000.png", "samples/000002.png", "samples/000004.png", "raw/000004.png"}
    if name in ("began64", "vae64"):
        progress |= {"reconstructions/000000.png", "reconstructions/000002.png", "reconstructions/000004.png"}
    other = "encoder" if name == "vae64" else "discriminator"
    expected = {
        "run": {"config.yaml", "generator.safetensors"},
        "nets": {f"{other}.safetensors", "generator.safetensors"},
        "progress": progress,
    }
    assert {kind: set(children.files(folder)) for kind, folder in out._asdict().items()} == expected
    with (out.progress / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert {"rate_generator", f"rate_{other}"} <= rows[0].keys()
    assert store.load(out.nets / f"{other}.safetensors")[1] == small.report(name)
    config = YAML(typ="safe").load(out.run / "config.yaml")
    assert (config["report"], config["seed"], config["steps"], config["batch_size"]) == (name, 3, 4, 4)


def test_record_has_every_device_that_trained_the_run(tmp_path, monkeypatch):
    cpu = {"device": "cpu", "torch": torch.__version__.partition("+")[0]}
    gpu = {"device": "NVIDIA H200", "torch": "2.11.0", "cuda": "12.8", "cudnn": "91002"}
    for device, steps, expected in ((gpu, 2, [gpu]), (cpu, 3, [gpu, cpu]), (gpu, 4, [gpu, cpu])):
        monkeypatch.setattr(loop, "described", lambda _, device=device: device)
        out = run(tmp_path, "dense64", max_steps=steps)
        assert YAML(typ="safe").load(out.run / "config.yaml")["devices"] == expected
    monkeypatch.undo()
    assert YAML(typ="safe").load(run(tmp_path, "dense64", "other").run / "config.yaml")["devices"] == [cpu]


@pytest.mark.parametrize("name", small.NAMES)
def test_equal_seeds_give_equal_bytes(complete, tmp_path, name):
    first = complete(name)
    torch.manual_seed(2)  # of a stream that nothing may draw from
    for before, after in zip(first, run(tmp_path, name), strict=True):
        assert children.files(before) == children.files(after) != {}


@pytest.mark.parametrize("name", small.NAMES)
def test_generator_file_loads_alone_and_draws_the_last_sheet_again(complete, name):
    out = complete(name)
    again, report = store.load(out.run / "generator.safetensors")
    assert report == small.report(name)
    assert not again.training
    z = random.sample_latent(report.prior, 64, report.latent_size, stream(3, "sheets", "z"))
    groups = report.condition_groups
    with Image.open(out.progress / "samples" / "000004.png") as sheet:
        shown = np.asarray(sheet)
    for row, condition in enumerate(shown_conditions(report)):
        conditions = (torch.tensor([condition] * 8),) if groups else ()
        with torch.inference_mode():
            drawn = to_uint8(again(z[:8] if groups else z[8 * row : 8 * row + 8], *conditions), report.pixel_range)
        for column, picture in enumerate(drawn.permute(0, 2, 3, 1).numpy()):
            top, left = (2 + place * (report.size + 2) for place in (row, column))
            # Batch norm in eval mode gives a picture the same values whatever else is in the batch, but for their last bits.
            assert np.abs(picture.astype(int) - shown[top : top + report.size, left : left + report.size]).max() <= 1


def test_length_is_the_epochs_unless_the_cap_is_lower(tmp_path):
    for cap, steps in ((None, 6), (5, 5), (9, 6)):  # 12 pictures, 4 a step
        log = run(tmp_path, "dcgan64", f"cap{cap}", epochs=2, max_steps=cap).progress / "log.csv"
        assert final_metrics(log)["step"] == steps


def test_epochs_end_at_the_right_step_and_the_monitor_sees_every_step(tmp_path, monkeypatch):
    """Twelve pictures, four a step: an epoch is three steps."""
    ends, seen = [], []
    step, see = Trainer.step, Monitor.update
    monkeypatch.setattr(Trainer, "step", lambda trainer, batch: (seen.append("step"), step(trainer, batch))[1])
    monkeypatch.setattr(Monitor, "update", lambda watch, losses: (seen.append("seen"), see(watch, losses))[1])
    monkeypatch.setattr(Adversarial, "after_epoch", lambda _, optimizers: ends.append((seen.count("step"), list(optimizers))))
    run(tmp_path, "dcgan64", epochs=3, max_steps=None)
    assert ends == [(steps, ["generator", "discriminator"]) for steps in (3, 6, 9)]
    assert seen == ["step", "seen"] * 9


def test_first_weights_and_dropout_follow_the_runs_seed(tmp_path, monkeypatch):
    seeds, step = set(), Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda trainer, batch: (seeds.add(torch.initial_seed()), step(trainer, batch))[1])
    out = run(tmp_path, "dense64", lr_g=1e-30, lr_d=1e-30)  # with rates of next to nothing the first weights are the last
    first = small.report("dense64").networks(3)["generator"].state_dict()
    torch.testing.assert_close(dict(store.load(out.run / "generator.safetensors")[0].state_dict()), dict(first))
    assert seeds == {derived_seed(3, "dropout")}


def sources(tmp_path, seed: int, **seeds: int) -> dict[str, Any]:
    """What a run of dense64 draws from each source of randomness."""
    report = small.report("dense64", hidden=[8], seeds=seeds)
    parts = loop.build(report, small.small_faces(tmp_path / f"raw-{seed}-{seeds}", report), seed)
    orders = [parts["feed"].order.tolist()]
    parts["feed"].load_state_dict({"epoch": 1, "cursor": 0})
    weights = [weight.flatten()[:4].tolist() for net in parts["trainer"].modules.values() for weight in net.parameters()]
    others = [torch.rand(4, generator=parts["streams"][purpose]).tolist() for purpose in ("wrong conditions", "penalty")]
    return {
        "weights": weights,
        "order": [*orders, parts["feed"].order.tolist()],
        "z": parts["feed"].next().noise(4).tolist(),
        "dropout": torch.initial_seed(),
        "others": others,
    }


def test_seed_of_a_source_changes_that_source_alone(tmp_path):
    usual, other = sources(tmp_path, 3), sources(tmp_path, 9)
    assert all(usual[source] != other[source] for source in usual)
    for source in ("weights", "order", "z", "dropout"):
        assert sources(tmp_path, 3, **{source: 9}) == usual | {source: other[source]}


def test_runs_of_other_seeds_and_other_logs_keep_their_own_checkpoints(tmp_path):
    for seed, log_every in ((3, 1), (4, 1), (3, 2)):
        run(tmp_path, "dense64", seed=seed, log_every=log_every, hidden=[8], max_steps=1)
    assert len([*(tmp_path / "run" / "checkpoints").glob("dense64-*")]) == 3


def test_schedule_measures_the_time_of_each_save(tmp_path, monkeypatch):
    took = []
    monkeypatch.setattr(CheckpointSchedule, "saved", lambda pace, seconds: took.append((pace.steps, seconds > 0)))
    run(tmp_path, "dense64", hidden=[8])
    assert took == [(2, True)] * 2  # after steps 2 and 4


def test_run_is_computed_at_the_reports_precision(tmp_path):
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    try:
        for precision, allowed in (("tf32", True), ("fp32", False), ("bf16", True)):
            run(tmp_path, "dense64", precision=precision, hidden=[8], max_steps=1)
            assert torch.backends.cudnn.allow_tf32 is torch.backends.cuda.matmul.allow_tf32 is allowed
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def test_collapse_is_counted_from_the_second_epoch_in_the_log_and_on_from_a_checkpoint(tmp_path, monkeypatch):
    """Twelve pictures, four a step: an epoch is three steps."""
    monkeypatch.setattr(Sheets, "diversity", lambda *_: 0.0)
    for steps, collapsed in ((5, 2), (8, 5)):
        row = final_metrics(run(tmp_path, "dcgan64", epochs=3, max_steps=steps).progress / "log.csv")
        assert (row["step"], row["diversity"], row["collapsed"]) == (steps, 0, collapsed)


def test_reals_png_shows_pictures_drawn_by_the_sheets_stream(tmp_path):
    out = run(tmp_path, "dcgan64")
    order = torch.randperm(12, generator=stream(3, "sheets", "reals"))
    with Image.open(out.progress / "reals.png") as sheet:
        blue = [sheet.getpixel((2 + 66 * (place % 8) + 32, 2 + 66 * (place // 8) + 32))[2] for place in range(12)]
    assert [round(value / 5) for value in blue] == order.tolist()


def test_sheets_show_the_same_z_throughout_training(tmp_path):
    """With rates of next to nothing the same z draw the same pictures at every step."""
    samples = run(tmp_path, "dense64", lr_g=1e-30, lr_d=1e-30).progress / "samples"
    assert len({sheet.read_bytes() for sheet in samples.iterdir()}) == 1
    assert sorted(sheet.stem for sheet in samples.iterdir()) == ["000000", "000002", "000004"]


def test_sheets_begin_with_the_untrained_net_and_are_dense_at_first():
    assert [step for step in range(1801) if has_sheet(step, 600)] == [0, 10, 20, 50, 100, 200, 500, 600, 1200, 1800]
    assert [step for step in range(8) if has_sheet(step, 3)] == [0, 3, 6]


@pytest.mark.parametrize(("unit", "at"), [("steps", [3, 5]), ("epochs", [1, 2, 9])])
def test_snapshot_equals_the_result_of_a_run_that_ends_there(tmp_path, unit, at):
    snapshots = {"unit": unit, "at": at}
    out = run(tmp_path, "dcgan64", "long", epochs=2, max_steps=5, snapshots=snapshots)  # 12 pictures, 4 a step: an epoch is 3 steps
    assert [path.name for path in (out.run / "snapshots").iterdir()] == ["000003.safetensors"]
    short = run(tmp_path, "dcgan64", "short", epochs=1, max_steps=3, snapshots=snapshots)
    assert (out.run / "snapshots" / "000003.safetensors").read_bytes() == (short.run / "generator.safetensors").read_bytes()
    assert not (short.run / "snapshots").exists()


def test_first_steps_of_dcgan64_equal_those_of_the_tutorials_loop():
    """BCE on sigmoids, separate batches of reals and fakes for D, one batch of fakes for both steps, plain Adam."""
    report = small.report("dcgan64")
    trainer = Trainer(report, CPU, Streams(1))
    g, d = report.networks(1).values()
    adam_g = torch.optim.Adam(g.parameters(), lr=report.lr_g, betas=(report.beta1, 0.999))
    adam_d = torch.optim.Adam(d.parameters(), lr=report.lr_d, betas=(report.beta1, 0.999))
    some, one, zero = small.batch(report), torch.ones(4), torch.zeros(4)
    for _ in range(3):
        z = torch.randn(4, 100)
        d.zero_grad()
        real_loss = binary_cross_entropy(d(some.real).sigmoid(), one)
        real_loss.backward()
        fake = g(z)
        fake_loss = binary_cross_entropy(d(fake.detach()).sigmoid(), zero)
        fake_loss.backward()
        adam_d.step()
        g.zero_grad()
        g_loss = binary_cross_entropy(d(fake).sigmoid(), one)
        g_loss.backward()
        adam_g.step()
        losses = trainer.step(replace(some, noise=lambda _, z=z: z))
        assert losses["d_loss"].item() == pytest.approx((real_loss + fake_loss).item(), rel=1e-4)
        assert losses["g_loss"].item() == pytest.approx(g_loss.item(), rel=1e-4)
    for ours, theirs in zip(trainer.modules["generator"].parameters(), g.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_both_nets_of_began_step_from_the_same_weights():
    report = small.report("began64")
    trainer = Trainer(report, CPU, Streams(1))
    g, d = report.networks(1).values()
    some, z = small.batch(report), torch.randn(4, report.latent_size)
    fake = g(z, *some.condition)
    expected = (d(fake, *some.condition) - fake).abs().mean()
    assert trainer.step(replace(some, noise=lambda _: z))["fake_loss"].item() == pytest.approx(expected.item(), rel=1e-5)
    # and D has moved all the same
    assert any(not torch.equal(a, b) for a, b in zip(trainer.modules["discriminator"].parameters(), d.parameters(), strict=True))


def test_d_and_g_of_began_get_fakes_of_their_own_and_the_balance_is_by_gs():
    report = small.report("began64")
    trainer, some, asked = Trainer(report, CPU, Streams(1)), small.batch(report), []
    losses = trainer.step(replace(some, noise=lambda count: (asked.append(count), some.noise(count))[1]))
    assert asked == [4, 4]
    assert losses["balance"].item() == pytest.approx((losses["fake_loss"] / losses["real_loss"]).item())


@pytest.mark.parametrize("name", small.NAMES)
def test_every_net_moves_in_a_step(name):
    report = small.report(name)
    trainer, first = Trainer(report, CPU, Streams(1)), report.networks(1)
    trainer.step(small.batch(report))
    for net, module in trainer.modules.items():
        moved = [not torch.equal(ours, before) for ours, before in zip(module.parameters(), first[net].parameters(), strict=True)]
        assert sum(moved) > len(moved) / 2, net


@pytest.mark.parametrize("name", [name for name in small.NAMES if name != "vae64"])
def test_generators_step_leaves_no_gradient_in_the_discriminator(name):
    report = small.report(name)
    trainer = Trainer(report, CPU, Streams(1))
    discriminator, seen = trainer.modules["discriminator"], []
    discriminator.register_forward_pre_hook(lambda d, _: seen.append([weight.requires_grad for weight in d.parameters()]))
    trainer.step(small.batch(report))
    assert all(seen[0])
    assert not any(seen[-1])
    assert all(parameter.requires_grad for parameter in discriminator.parameters())


def test_dense64s_dropout_is_off_for_ds_fakes_and_on_in_gs_step():
    report = small.report("dense64")
    trainer, calls = Trainer(report, CPU, Streams(1)), []
    trainer.modules["generator"].register_forward_pre_hook(lambda generator, given: calls.append((generator.training, len(given[0]))))
    trainer.step(small.batch(report, count=4))
    assert calls == [(False, 4), (True, 8)]


def test_loss_that_is_no_number_ends_the_run_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^train@dense64: .* at step \d+; there is no checkpoint yet; try a smaller learning rate$"):
        run(tmp_path, "dense64", lr_d=1e38, lr_g=1e38)


def test_times_stay_out_of_the_log(tmp_path):
    out = run(tmp_path, "dense64")
    assert "seconds" not in (out.progress / "log.csv").read_text(encoding="utf-8")
    [timing] = (tmp_path / "run" / "checkpoints").glob("*/timing.csv")
    assert [line.split(",")[0] for line in timing.read_text(encoding="utf-8").splitlines()] == ["step", "1", "2", "3", "4"]


def test_log_has_a_line_of_figures_with_six_digits(tmp_path):
    log = Log(tmp_path / "run" / "log.csv")
    log.write(20, {"d_loss": 1.23456789, "k": 1e-9})
    assert (tmp_path / "run" / "log.csv").read_text(encoding="utf-8") == "step,d_loss,k\n20,1.23457,1e-09\n"


def test_sheet_of_samples_is_eight_by_eight_and_of_conditions_a_row_each(tmp_path):
    dcgan, began = run(tmp_path, "dcgan64", "a"), run(tmp_path, "began64", "b")
    sheets = {dcgan.progress / "samples": (8, 8), began.progress / "samples": (8, 10), began.progress / "reconstructions": (8, 8)}
    for folder, (columns, rows) in sheets.items():
        with Image.open(folder / "000004.png") as sheet:
            assert sheet.size == (columns * 66 + 2, rows * 66 + 2)


def test_config_in_the_generators_file_is_one_json_object(tmp_path):
    header = (run(tmp_path, "dcgan64").run / "generator.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    config = json.loads(json.loads(header[8 : 8 + length])["__metadata__"]["config"])
    assert (config["report"], config["settings"]["lr_d"]) == ("dcgan64", 5e-5)
