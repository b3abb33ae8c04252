"""The one place that chooses the device and sets a process up for it."""

import ctypes
import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from ganlib.support.errors import UserError
from ganlib.support.types import Precision

VARIABLE = "GANLIB_DEVICE"
M_MMAP_MAX, M_TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h


def device() -> torch.device:
    """What GANLIB_DEVICE names: auto (the first GPU where there is one, else the CPU; the default), cpu, cuda, cuda:1, ... or mps.

    The hardware is no setting of a run, so it is named by the environment and not by params.yaml. A UserError if it is missing.
    """
    name = os.environ.get(VARIABLE, "auto")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", name):
        raise UserError(f"{VARIABLE}: {name!r} is no device: auto, cpu, cuda, cuda:1 (the second GPU) or mps")
    chosen = torch.device(name)
    there = {"cpu": 1, "mps": int(torch.backends.mps.is_available()), "cuda": torch.cuda.device_count()}[chosen.type]
    if (chosen.index or 0) >= there:
        raise UserError(f"{VARIABLE}: {name} is not here: {torch.cuda.device_count()} GPUs are seen; auto takes what there is")
    return chosen


def prepare_device(precision: Precision) -> torch.device:
    """Set the process up to train at `precision`, and return the device.

    Whatever has no deterministic kernel is refused by torch from now on, so that equal runs have equal bytes.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may choose another order of sums each time
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # every value is written before it is read: filling costs a pass
    torch.backends.cudnn.benchmark = False  # whose choice of kernels depends on how fast they just were
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
    _keep_freed_memory()
    return device()


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A copy of a CPU tensor on a GPU, for which nobody waits; on the CPU the tensor itself."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def from_device(tensor: Tensor) -> Callable[[], Tensor]:
    """Begin to copy a tensor to the CPU; what comes back gives the copy, and waits for nothing that the GPU is given later."""
    if tensor.device.type != "cuda":
        return tensor.cpu
    copy = torch.empty_like(tensor, device="cpu", pin_memory=True).copy_(tensor, non_blocking=True)
    copied = torch.cuda.current_stream(tensor.device).record_event()

    def wait() -> Tensor:
        copied.synchronize()
        return copy

    return wait


def processor() -> str:
    """The processor's name, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def kernels() -> str:
    """Which instructions torch uses on the CPU, and a limit that the environment sets for oneDNN."""
    return "-".join([torch.backends.cpu.get_cpu_capability(), *filter(None, [os.environ.get("ONEDNN_MAX_CPU_ISA")])])


def _keep_freed_memory() -> None:
    """Let glibc reuse what tensors free. By default it gives large blocks back, and Linux zeroes their pages again at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
