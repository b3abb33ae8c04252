"""Takes whole training steps on fake CUDA tensors, in a process that tests/training/guard.cpp has prepared for them: see test_fake_gpu.py.

A fake tensor has a shape, a type and a device, but no numbers, so that no GPU is needed and reading a number is an error.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganlib.core import device as devices
from ganlib.core.random import Streams
from ganlib.models.report import Report
from ganlib.training import ema, feed
from ganlib.training.feed import Feed, Mapped, Resident
from ganlib.training.trainer import Trainer
from tests.training import small

GPU = torch.device("cuda")
# torch.use_deterministic_algorithms refuses these on CUDA (from its documentation).
REFUSED = set(
    "_adaptive_avg_pool2d_backward _adaptive_avg_pool3d_backward adaptive_max_pool2d_backward adaptive_max_pool3d_backward"
    " avg_pool3d_backward max_pool3d_with_indices_backward fractional_max_pool2d_backward fractional_max_pool3d_backward"
    " upsample_linear1d_backward upsample_bilinear2d_backward upsample_bicubic2d_backward upsample_trilinear3d_backward"
    " _upsample_bilinear2d_aa_backward _upsample_bicubic2d_aa_backward reflection_pad1d_backward reflection_pad3d_backward"
    " replication_pad1d_backward replication_pad2d_backward replication_pad3d_backward grid_sampler_2d_backward grid_sampler_3d_backward"
    " nll_loss2d_forward _ctc_loss_backward _embedding_bag_dense_backward put_ histc kthvalue median".split()
)


class Seen(TorchDispatchMode):
    """What a GPU would be asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()  # copies to the CPU, for which it waits
        self.mixed: set[str] = set()  # tensors of the CPU, other than numbers, in an operation on the GPU
        self.refused: set[str] = set()
        self.products: set[str] = set()  # types of the operands of products and convolutions, forward and backward

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        given, made = ([leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)] for tree in ((args, kwargs), result))
        if any(tensor.is_cuda for tensor in given):
            if any(not tensor.is_cuda for tensor in made):
                self.read.add(name)
            if name != "copy_" and any(not tensor.is_cuda and tensor.dim() for tensor in given):
                self.mixed.add(name)
            if name in REFUSED:
                self.refused.add(name)
            if name in ("mm", "addmm", "convolution", "convolution_backward"):
                self.products |= {str(tensor.dtype) for tensor in given}
        return result


@contextmanager
def replaced(report: Report, kind: type) -> Iterator[None]:
    """Within the block, torch has a fake GPU, to which nets can be moved and on which they can be copied."""
    nets, average = report.networks(1), report.build()["generator"]  # real ones, since torch can neither move nor copy a fake one
    copy = SimpleNamespace(deepcopy=lambda _: average.to(GPU, memory_format=torch.channels_last))
    with (
        mock.patch.object(type(report), "networks", return_value=nets),
        mock.patch.object(ema, "copy", copy),
        mock.patch.object(devices, "device", return_value=GPU),
        mock.patch.object(feed, "pictures_for", kind),
        mock.patch.object(Tensor, "pin_memory", lambda tensor, *_: tensor.clone()),
        mock.patch.object(torch.cuda, "get_device_capability", return_value=(9, 0)),
        mock.patch.object(torch.cuda, "is_bf16_supported", return_value=True),
        mock.patch.object(torch.cuda.amp.common, "amp_definitely_not_available", return_value=False),
    ):
        yield


def steps(name: str, precision: str, kind: type, folder: Path, **changes: object) -> dict[str, Any]:
    """Two steps of the report with its feed and an average: what they asked the GPU for, or the error that ended them."""
    report = small.report(name, precision=precision, **changes)
    faces = small.small_faces(folder / name / kind.__name__, report, report.reals_per_step * 2)
    try:
        with replaced(report, kind), FakeTensorMode(allow_non_fake_inputs=True):
            devices.prepare_device(report.precision)
            trainer = Trainer(report, GPU, Streams(1))
            batches = Feed(report, faces, GPU, Streams(1))
            for seen in (nullcontext(), Seen()):
                with seen:
                    figures = trainer.step(batches.next())
    except Exception as error:  # noqa: BLE001 (any is a result of the test)
        return {"error": f"{type(error).__name__}: {error}"}
    found = {key: sorted(value) for key, value in vars(seen).items() if isinstance(value, set)}
    states = [tensor for optimizer in trainer.optimizers.values() for tensor in tree_leaves(optimizer.state_dict()["state"])]
    weights = [*trainer.ema.module.parameters(), *(weight for module in trainer.modules.values() for weight in module.parameters())]
    on = {str(tensor.device) for tensor in (*figures.values(), *states, *weights)}
    return {"error": "", **found, "devices": sorted(on), "weights": sorted({str(weight.dtype) for weight in weights})}


def main() -> None:
    """Write the findings for every report, precision and feed to the file argv[1]."""
    torch.autograd.set_multithreading_enabled(False)  # so that `Seen` sees backward passes too
    out = Path(sys.argv[1])
    feeds = {"fp32": Resident, "tf32": Resident, "bf16": Mapped}
    found = {f"{name} {precision}": steps(name, precision, kind, out.parent) for name in small.NAMES for precision, kind in feeds.items()}
    found |= {f"tricks {way}": steps("dcgan64", way, kind, out.parent / "tricks", **small.TRICKS) for way, kind in feeds.items()}
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
