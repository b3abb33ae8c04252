"""On a GPU equal runs give equal bytes, also after an interruption."""

import os
import signal

import pytest
import torch

from ganlib.core.random import Streams
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.trainer import Trainer
from tests.training import children, small
from tests.training.test_trainer import batch

GPU = torch.device("cuda")


def run(folder, name: str, **changes: object) -> dict[str, bytes]:
    report = small.report(name, width=0.1, max_steps=6) if name != "dense64" else small.report(name, max_steps=6)
    report = report.model_copy(update=changes)
    faces = small.small_faces(folder.parent / "raw", report, 24)
    loop.train(name, report, faces, Outputs.below(folder / "out"), folder / "checkpoints", seed=3, log_every=1, save_every=2)
    return children.files(folder / "out")


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
@pytest.mark.parametrize("name", small.NAMES)
def test_equal_seeds_give_equal_bytes(tmp_path, name, precision):
    assert run(tmp_path / "first", name, precision=precision) == run(tmp_path / "second", name, precision=precision) != {}


@pytest.mark.parametrize("name", small.NAMES)
def test_interrupted_run_resumes_to_the_same_bytes(tmp_path, name, monkeypatch):
    alone = run(tmp_path / "alone", name)
    step, made = Trainer.step, []

    def interrupted(trainer: Trainer, given: object) -> object:
        made.append(1)
        if len(made) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(trainer, given)

    monkeypatch.setattr(Trainer, "step", interrupted)
    with pytest.raises(Exception, match="interrupted by SIGTERM after step 3"):
        run(tmp_path / "cut", name)
    assert run(tmp_path / "cut", name) == alone


@pytest.mark.parametrize("name", small.NAMES)
def test_first_losses_are_those_of_the_cpu(name):
    report = small.report(name, precision="fp32", **({"dropout": 0.0} if name in ("dense64", "dcgan56") else {}))
    report = report.model_copy(update={"d_dropout": 0.0} if name == "dcgan56" else {})
    found = {}
    for device in (GPU, torch.device("cpu")):
        found[device.type] = Trainer(report, device, Streams(1)).step(batch(report, device))
    for figure, value in found["cuda"].items():
        assert value.item() == pytest.approx(found["cpu"][figure].item(), rel=1e-3, abs=1e-5), figure


def test_compiled_step_gives_the_plain_ones_losses():
    plain, compiled = (Trainer(small.report("dcgan64", compile=way), GPU, Streams(1)) for way in (False, True))
    for _ in range(2):
        expected, losses = (some.step(batch(small.report("dcgan64"), GPU)) for some in (plain, compiled))
        assert losses["d_loss"].item() == pytest.approx(expected["d_loss"].item(), rel=1e-3)
        assert losses["g_loss"].item() == pytest.approx(expected["g_loss"].item(), rel=1e-3)
