"""The code for GPUs, as far as it runs on a CPU."""

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganlib.core.random import Streams
from ganlib.support.errors import UserError
from ganlib.training.trainer import Trainer
from tests.training import small

CPU = torch.device("cpu")


class ToTheCpu(TorchDispatchMode):
    """Notes each operation that takes something from a GPU to the CPU, for which the CPU would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        sources, results = (
            {leaf.device.type for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)} for tree in ((args, kwargs), result)
        )
        if "cuda" in sources and "cpu" in results:
            self.seen.append(str(func))
        return result


@pytest.mark.parametrize(("name", "changes"), [*((name, {}) for name in small.NAMES), ("dcgan64", small.TRICKS)])
def test_step_on_a_gpu_never_waits_for_it(name, changes, monkeypatch):
    """Fake tensors: shapes and devices without numbers, so that reading one is an error. All but the backward passes, which need a GPU."""
    monkeypatch.setattr(torch.autograd, "backward", lambda _: None)
    monkeypatch.setattr(torch.autograd, "grad", lambda _, inputs, **__: (torch.zeros_like(inputs),))
    report, gpu = small.report(name, ema=None, **changes), torch.device("cuda")  # without an average, since a fake net cannot be copied
    nets = report.networks(1)  # real ones, since torch cannot move a fake net
    monkeypatch.setattr(type(report), "networks", lambda *_: nets)
    with FakeTensorMode(allow_non_fake_inputs=True), ToTheCpu() as to_the_cpu:
        trainer = Trainer(report, gpu, Streams(1))
        some = small.batch(report, gpu)
        losses = [trainer.step(some) for _ in range(2)][-1]
        assert {loss.device.type for loss in losses.values()} == {"cuda"}
        assert to_the_cpu.seen == []
        next(iter(losses.values())).cpu()
        assert to_the_cpu.seen == ["aten._to_copy.default"]


@pytest.mark.parametrize("name", ["dcgan64", "dense64", "began64"])
def test_bf16_step_is_near_the_full_one_and_keeps_weights_in_float32(name):
    losses = {}
    for precision in ("fp32", "bf16"):
        report = small.report(name, precision=precision, **({"dropout": 0.0} if name == "dense64" else {}))
        trainer = Trainer(report, CPU, Streams(1))
        found = trainer.step(small.batch(report))
        assert {figure.dtype for name, figure in found.items() if name.endswith("loss")} == {torch.float32}
        losses[precision] = found["d_loss"].item()
        assert {parameter.dtype for module in trainer.modules.values() for parameter in module.parameters()} == {torch.float32}
    assert losses["bf16"] != losses["fp32"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.02)


@pytest.mark.parametrize("name", ["wgan64", "r3gan64"])
def test_objective_that_differentiates_a_gradient_is_not_compiled(name):
    said = r"^params\.yaml: numerics\.compile: this objective differentiates a gradient, which torch\.compile cannot: set it to false$"
    with pytest.raises(UserError, match=said):
        Trainer(small.report(name, compile=True), CPU, Streams(1))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # torch's own look at them while it compiles
def test_compiled_step_gives_the_same_losses_and_the_same_state_names():
    plain, compiled = (Trainer(small.report("dcgan64", compile=way), CPU, Streams(1)) for way in (False, True))
    assert plain.generator.state_dict().keys() == compiled.generator.state_dict().keys()
    report = small.report("dcgan64")
    for _ in range(2):
        expected, losses = plain.step(small.batch(report)), compiled.step(small.batch(report))
        for key in ("d_loss", "g_loss"):
            assert losses[key].item() == pytest.approx(expected[key].item(), rel=1e-4)
