"""Hours on GPUs, estimated: `python -m benchmarks.hours` prints the tables of docs/gpu.md. Nothing is measured on a GPU.

A step takes the longer of two times. The device's: each operation needs its FLOP at the card's rate or its bytes at the bandwidth,
whichever is longer, and at least the time of an empty kernel; operations, FLOP and bytes are counted in a step on fake tensors. And the
host's, which launches: HOST_MS was measured in torch's own code for CUDA over a driver that computes nothing (2026-11-30, torch 2.14.1,
AMD EPYC; sngan64 and r3gan64 by their ratio to dcgan64 there, 2026-12-01), to which the driver's part of each launch is added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from benchmarks import flops, gpu, reports
from ganlib.core.random import Streams
from ganlib.fidelity.inception import SIDE, network
from ganlib.models import upsample
from ganlib.models.objective import Batch
from ganlib.models.report import Report
from ganlib.support.types import Precision
from ganlib.training.trainer import Trainer

CPU = torch.device("cpu")
NAMES = ("dcgan112", "dcgan64", "dense64", "began64", "dcgan56", "vae64", "lsgan64", "wgan64", "sngan64", "r3gan64")
PICTURES, SAMPLES, CROPS = 202_599, 50_000, 4  # of CelebA; fakes that are scored for each generator; crops with a reference


@dataclass(frozen=True)
class Card:
    """TFLOP/s of products by precision, TB/s of memory, and microseconds of an empty kernel and of the driver's part of a launch."""

    tflops: dict[Precision, float]
    bandwidth: float
    kernel: float
    launch: float = 2.5


# Rates that large products and copies reach, not those of the data sheets. A T4 has no TF32, and cuDNN no bf16 there.
CARDS = {
    "H100": Card({"fp32": 43, "tf32": 200, "bf16": 350}, 2.5, 2.5),
    "H200": Card({"fp32": 43, "tf32": 200, "bf16": 350}, 3.9, 2.5),
    "RTX 4090": Card({"fp32": 50, "tf32": 55, "bf16": 110}, 0.85, 2.0),
    "T4": Card({"fp32": 4, "tf32": 4}, 0.24, 3.0),
}
# Milliseconds of the host in a step in TF32 and in bf16, without the driver's.
HOST_MS = {
    "dcgan112": (3.3, 3.8),
    "dcgan64": (2.9, 3.6),
    "dense64": (2.8, 3.3),
    "began64": (8.6, 11.1),
    "dcgan56": (4.1, 5.0),
    "vae64": (3.6, 3.6),
    "lsgan64": (2.9, 3.6),
    "wgan64": (27.1, 33.0),
    "sngan64": (5.1, 7.1),
    "r3gan64": (4.7, 7.2),
}

# Operations that return the memory of their input, or memory that nobody has written.
VIEWS = frozenset(
    "_reshape_alias _unsafe_view alias as_strided chunk detach detach_ empty empty_like empty_strided expand flatten is_pinned lift_fresh"
    " narrow new_empty new_empty_strided permute record_stream reshape select set_ slice split split_with_sizes squeeze t transpose unbind"
    " unflatten unsqueeze view".split()
)


class Operation(NamedTuple):
    """An operation of a step: its kernels, FLOP and bytes."""

    kernels: int
    flop: int
    bytes: float


class Operations(TorchDispatchMode):
    """Counts the operations inside of the block, as CUDA would run them."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[Operation] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name, outputs = func._overloadpacket.__name__, _bytes(result)
        if name not in VIEWS and any(isinstance(leaf, Tensor) for leaf in tree_leaves(result)):
            count = flop_registry.get(func._overloadpacket)
            flop = count(*args, **(kwargs or {}), out_val=result) if count else 0
            moved = _bytes((args, kwargs)) * (2.0 if name.startswith("_fused") else 1.0) + (0 if name.startswith("_fused") else outputs)
            self.counted.append(Operation(_kernels(name, args), flop, moved))
        return result


def _kernels(name: str, args: tuple[Any, ...]) -> int:
    """How many kernels an operation launches: one more for a bias, and one for each gradient of a convolution."""
    match name:
        case "convolution":
            return 1 + (args[2] is not None)
        case "convolution_backward":
            return sum(args[-1])
    return 1


def _bytes(tree: Any) -> int:
    return sum(leaf.numel() * leaf.element_size() for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


def step(report: Report) -> list[Operation]:
    """The operations of a step with the report's precision."""
    nets = report.build()  # real ones, since torch cannot move a fake net

    # Without initial weights, which no count needs, and without an average, which is a copy, and a fake net has none.
    plain = report.model_copy(update={"ema": None, "networks": lambda _: nets})
    before, upsample.Double.forward = upsample.Double.forward, lambda layer, maps: upsample.doubled(maps, layer.matrix)  # as on a GPU
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            trainer = Trainer(plain, CPU, Streams(1))
            count, size = report.reals_per_step, report.size
            real = torch.empty(count, 3, size, size).contiguous(memory_format=torch.channels_last)
            condition = (torch.zeros(count, len(report.condition_groups), dtype=torch.int64),) if report.condition_groups else ()
            batch = Batch(real, condition, lambda count: torch.empty(count, report.latent_size))
            trainer.step(batch)  # the first one makes the optimizers' states
            with Operations() as operations:
                trainer.step(batch)
    finally:
        upsample.Double.forward = before
    return operations.counted


def milliseconds(name: str, report: Report, operations: list[Operation], card: Card) -> tuple[float, float]:
    """Of the device and of the host, in a step."""
    rate = card.tflops[report.precision]
    device = sum(max(one.flop / rate / 1e9, one.bytes / card.bandwidth / 1e9, one.kernels * card.kernel / 1e3) for one in operations)
    return device, HOST_MS[name][report.precision == "bf16"] + sum(one.kernels for one in operations) * card.launch / 1e3


def seconds(name: str, report: Report, operations: list[Operation], card: Card) -> float:
    """Of all steps on CelebA."""
    steps = min(flops.steps(report), report.max_steps or flops.steps(report))
    return steps * max(milliseconds(name, report, operations, card)) / 1e3


def scoring(card: Card) -> float:
    """Seconds for the features of each crop's pictures and of the fakes of every generator that a full run keeps, in float32."""
    kept = sum(1 + len(full.snapshots.at if full.snapshots else ()) for full in map(reports.full, NAMES))
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(iter(gpu.random_layers()))(torch.zeros(1, 3, *SIDE))
    return (CROPS * PICTURES + kept * SAMPLES) * counter.get_total_flops() / card.tflops["fp32"] / 1e12


def shown(seconds: float) -> str:
    """Two digits, in s, min, h or days."""
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "min"), (100 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return f"{float(f'{seconds / 86400:.2g}'):g} days"


def rows() -> Iterator[str]:
    """The tables, line by line."""
    yield (
        "| | kernels a step, TF32 / bf16 | GFLOP | GB, TF32 / bf16 | ms on an H100, device / host | "
        + " | ".join(("H100, TF32", "H100, bf16", "H200, TF32", "RTX 4090, TF32", "T4, fp32", "T4, evening scale"))
        + " |"
    )
    yield "|---" * 11 + "|"
    totals = [0.0] * 6
    for name in NAMES:
        tf32, bf16 = (reports.full(name, precision=precision) for precision in ("tf32", "bf16"))
        counted, halved = step(tf32), step(bf16)
        evening = reports.evening(name, precision="tf32")
        hours = [
            seconds(name, tf32, counted, CARDS["H100"]),
            seconds(name, bf16, halved, CARDS["H100"]),
            *(seconds(name, tf32, counted, CARDS[card]) for card in ("H200", "RTX 4090", "T4")),
            seconds(name, evening, step(evening), CARDS["T4"]),
        ]
        totals = [total + more for total, more in zip(totals, hours, strict=True)]
        device, host = milliseconds(name, tf32, counted, CARDS["H100"])
        kernels = " / ".join(f"{sum(one.kernels for one in some):,}" for some in (counted, halved))
        moved = " / ".join(f"{sum(one.bytes for one in some) / 1e9:.1f}" for some in (counted, halved))
        gflop = sum(one.flop for one in counted) / 1e9
        yield f"| `{name}` | {kernels} | {gflop:,.0f} | {moved} | {device:.1f} / {host:.1f} | " + " | ".join(map(shown, hours)) + " |"
    yield "| all | | | | | " + " | ".join(map(shown, totals)) + " |"
    scored = [scoring(CARDS[card]) for card in ("H100", "H100", "H200", "RTX 4090", "T4")]
    yield "| scores of all, 50,000 a side | | | | | " + " | ".join(map(shown, scored)) + " | |"


def main() -> None:
    """Print the tables."""
    for row in rows():
        print(row, flush=True)


if __name__ == "__main__":
    main()
