"""The one place that chooses the device and sets a process up for it."""

import ctypes
import os
import re
import sys

import torch

from ganlib.errors import UserError
from ganlib.settings import Precision

VARIABLE = "GANLIB_DEVICE"
M_MMAP_MAX, M_TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h


def device() -> torch.device:
    """What GANLIB_DEVICE names: auto (the first GPU where there is one, else the CPU; the default), cpu, cuda, cuda:1, ... or mps.

    The hardware is no setting of a run, so it stands in the environment and not in params.yaml. A UserError where it is not there.
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
    """Set the process up to train at `precision`, and return the device."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
    _keep_freed_memory()
    return device()


def _keep_freed_memory() -> None:
    """Let glibc reuse what tensors free. By default it gives large blocks back, and Linux zeroes their pages anew at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
