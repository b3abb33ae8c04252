"""What a training sets once for its whole process."""

import ctypes
import sys

import torch

from ganlib.settings import Precision

M_MMAP_MAX, M_TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h


def prepare(precision: Precision) -> torch.device:
    """Set the process up to train at `precision`, and return the device: the GPU where there is one."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
    _keep_freed_memory()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _keep_freed_memory() -> None:
    """Let glibc reuse what tensors free. By default it gives large blocks back, and Linux zeroes their pages anew at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
