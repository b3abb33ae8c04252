"""On a GPU equal runs give equal bytes, also after an interruption."""

import signal

import pytest
import torch

from ganlib.core.random import Streams
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.trainer import Trainer
from tests.training import children, small

GPU = torch.device("cuda")


def run(folder, name: str, **changes: object) -> dict[str, bytes]:
    report = small.report(name, max_steps=6, **({} if name == "dense64" else {"width": 0.1}), **changes)
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
    monkeypatch.setattr(Trainer, "step", Trainer.step)  # so that it is restored
    children.at_step(signal.SIGTERM, 3)
    with pytest.raises(Exception, match="interrupted by SIGTERM after step 3"):
        run(tmp_path / "cut", name)
    assert run(tmp_path / "cut", name) == alone


@pytest.mark.parametrize("name", small.NAMES)
def test_first_losses_equal_those_of_the_cpu(name):
    plain = {"dense64": {"dropout": 0.0}, "dcgan56": {"dropout": 0.0, "d_dropout": 0.0}}
    report = small.report(name, precision="fp32", **plain.get(name, {}))
    found = {}
    for device in (GPU, torch.device("cpu")):
        found[device.type] = Trainer(report, device, Streams(1)).step(small.batch(report, device))
    for figure, value in found["cuda"].items():
        assert value.item() == pytest.approx(found["cpu"][figure].item(), rel=1e-3, abs=1e-5), figure


def test_compiled_step_gives_the_plain_ones_losses():
    plain, compiled = (Trainer(small.report("dcgan64", compile=way), GPU, Streams(1)) for way in (False, True))
    for _ in range(2):
        expected, losses = (some.step(small.batch(small.report("dcgan64"), GPU)) for some in (plain, compiled))
        assert losses["d_loss"].item() == pytest.approx(expected["d_loss"].item(), rel=1e-3)
        assert losses["g_loss"].item() == pytest.approx(expected["g_loss"].item(), rel=1e-3)
