import torch
from torch import nn

from ganlib.core.random import Streams
from ganlib.models import store
from ganlib.training.ema import EMA
from ganlib.training.trainer import Trainer
from tests.training import small
from tests.training.test_loop import CPU, run


def net() -> nn.Module:
    """One weight, and batch norm with its statistics."""
    return nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))


def fill(module: nn.Module, value: float) -> nn.Module:
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.fill_(value)
    return module


def test_average_of_weights_and_statistics_follows_its_formula():
    """1 is followed by 11 and 5; d is 1/10 and 2/11, so that the average is 0.1 + 0.9 x 11 = 10 and then 20/11 + 9/11 x 5 = 65/11."""
    module = fill(net(), 1.0)
    average = EMA(module, decay=0.9)
    for value, expected in ((11.0, 10.0), (5.0, 65 / 11)):
        fill(module, value)
        average.update()
        state = average.module.state_dict()
        counter = state.pop("1.num_batches_tracked")
        assert counter == value
        for tensor in state.values():
            torch.testing.assert_close(tensor, torch.full_like(tensor, expected))
    assert set(state) == {"0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var"}


def test_decay_is_the_settings_once_the_first_steps_are_past():
    module = fill(net(), 0.0)
    average = EMA(module, decay=0.5)
    fill(module, 1.0)
    average.steps = 8  # 9/18 and from then on more
    for expected in (0.5, 0.75, 0.875):
        average.update()
        assert float(average.module[0].weight) == expected


def test_average_shares_no_memory_with_the_net_and_learns_nothing():
    module = fill(net(), 1.0)
    average = EMA(module, decay=0.9)
    module[0].weight.data.fill_(7.0)
    assert float(average.module[0].weight) == 1.0
    assert not any(weight.requires_grad for weight in average.module.parameters())


def test_trainer_averages_g_after_every_step_and_shows_the_average():
    trainer = Trainer(small.report("dcgan64", ema=0.9), CPU, Streams(3))
    expected = EMA(trainer.modules["generator"], 0.9)
    for _ in range(3):
        trainer.step(small.batch(small.report("dcgan64")))
        expected.update()
    assert trainer.generator is trainer.ema.module
    torch.testing.assert_close(trainer.generator.state_dict(), expected.module.state_dict(), rtol=0, atol=0)
    assert Trainer(small.report("dcgan64", ema=None), CPU, Streams(3)).generator.training


def test_run_scores_and_shows_the_average_and_also_stores_the_raw_generator(tmp_path):
    with_average = run(tmp_path, "dcgan64", "with", ema=0.9, lr_g=0.01)
    without = run(tmp_path, "dcgan64", "without", ema=None, lr_g=0.01)
    raw, averaged = with_average.progress / "raw/000004.png", with_average.progress / "samples/000004.png"
    assert raw.read_bytes() == (without.progress / "samples/000004.png").read_bytes() != averaged.read_bytes()
    assert not (without.progress / "raw").exists()
    again, _ = store.load(with_average.nets / "generator.safetensors")
    same, _ = store.load(without.run / "generator.safetensors")
    other, _ = store.load(with_average.run / "generator.safetensors")
    torch.testing.assert_close(again.state_dict(), same.state_dict(), rtol=0, atol=0)
    assert not all(torch.equal(a, b) for a, b in zip(other.parameters(), same.parameters(), strict=True))


def test_snapshots_are_averages_too_beside_the_raw_generator(tmp_path):
    changes = {"ema": 0.9, "max_steps": None, "epochs": 3}
    steps = run(tmp_path, "dcgan64", "long", snapshots={"unit": "steps", "at": [4]}, **changes)
    short = run(tmp_path, "dcgan64", "short", **changes | {"max_steps": 4})
    left = [store.load(path)[0].state_dict() for path in (steps.run / "snapshots/000004.safetensors", short.run / "generator.safetensors")]
    torch.testing.assert_close(*left, rtol=0, atol=0)
    raw = [store.load(path)[0].state_dict() for path in (steps.nets / "snapshots/000004.safetensors", short.nets / "generator.safetensors")]
    torch.testing.assert_close(*raw, rtol=0, atol=0)
    assert not (short.nets / "snapshots").exists()
