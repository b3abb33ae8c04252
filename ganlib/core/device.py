"""Chooses the device and sets up the process for it; copies to and from it; names it and the CPU."""

import ctypes
import os
import platform
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from ganlib.support.errors import UserError
from ganlib.support.types import Precision

VARIABLE = "GANLIB_DEVICE"
M_MMAP_MAX, M_TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h
# How torch's reasons begin where there is no GPU at all; any other reason is a GPU that cannot be used.
NO_GPU = ("Found no NVIDIA driver", "No CUDA GPUs are available", "Torch not compiled with CUDA enabled")
REMEDY = (
    "install a build for older drivers and GPUs, `rm -r .venv && PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cu126 make install`"
    f" (docs/install.md), or set {VARIABLE}=cpu"
)


def device() -> torch.device:
    """The device that GANLIB_DEVICE selects: cpu, cuda, cuda:1, ..., or auto (default), the first GPU if there is one, else the CPU.

    Set by the environment and not by params.yaml, since a run is the same on any hardware. Raises a UserError if it is not available, and
    if a GPU is there but its driver or the GPU itself is too old for this build of torch.
    """
    name = os.environ.get(VARIABLE, "auto")
    if name == "mps":
        raise UserError(f"{VARIABLE}: mps is not supported, since scores and BEGAN compute in float64, which it lacks: use cpu or auto")
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise UserError(f"{VARIABLE}: {name!r} is not allowed: must be auto, cpu, cuda or cuda:1 (the second GPU)")
    if name == "cpu":
        return torch.device("cpu")
    where, reason = f"{VARIABLE}: {name}", _why_no_gpu()
    if reason.startswith(NO_GPU):
        if name == "auto":
            return torch.device("cpu")
        raise UserError(f"{where} is not available: {reason}: use auto or cpu")
    if reason:
        raise UserError(f"{where}: torch {torch.__version__} cannot use this machine's GPU: {reason}: update the driver, {REMEDY}")
    chosen = torch.device(name.replace("auto", "cuda"))
    if (chosen.index or 0) >= torch.cuda.device_count():
        raise UserError(f"{where} is not available: {torch.cuda.device_count()} GPUs are visible: use auto or cpu")
    least = min((divmod(int(arch), 10) for arch in re.findall(r"sm_(\d+)", " ".join(torch.cuda.get_arch_list()))), default=(0, 0))
    if torch.cuda.get_device_capability(chosen) < least:
        raise UserError(f"{where}: {_capability(chosen)}, and torch {torch.__version__} needs {_dotted(least)} or higher: {REMEDY}")
    return chosen


def prepare_device(precision: Precision, threads: int | None = None) -> torch.device:
    """Set up the process to train at `precision`, on a CPU with `threads` threads (None: as many as torch has), and return the device.

    From now on torch raises an error where it has no deterministic kernel, so that equal runs give equal bytes. A UserError if the GPU has
    no bf16, which torch would then compute picture by picture.
    """
    chosen = device()
    if precision == "bf16" and chosen.type == "cuda" and torch.cuda.get_device_capability(chosen) < (8, 0):
        raise UserError(f"params.yaml: numerics.precision: bf16 needs compute capability 8.0, and {_capability(chosen)}: use tf32")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # otherwise cuBLAS may sum in another order each time
    torch.use_deterministic_algorithms(True)
    # Every value is written before it is read, so filling memory first would only cost time. (torch hides the attribute's type.)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False  # it chooses kernels by their measured speed
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
    _keep_freed_memory()
    if threads is not None and chosen.type == "cpu":
        torch.set_num_threads(threads)
    return chosen


@contextmanager
def without_tf32() -> Iterator[None]:
    """Within the block, products and convolutions of float32 are IEEE's on a GPU too. The flags are global: they count in all threads."""
    products = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False, fp32_precision="ieee"):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = products


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Non-blocking copy of a CPU tensor to the device; the tensor itself if that is the CPU."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def from_device(tensor: Tensor) -> Callable[[], Tensor]:
    """Start an asynchronous copy to the CPU; call the result to wait for it and get it."""
    if tensor.device.type != "cuda":
        return tensor.cpu
    copy = torch.empty_like(tensor, device="cpu", pin_memory=True).copy_(tensor, non_blocking=True)
    copied = torch.cuda.current_stream(tensor.device).record_event()

    def wait() -> Tensor:
        copied.synchronize()
        return copy

    return wait


def described(device: torch.device) -> dict[str, str]:
    """The device's name and the version of torch, and for a GPU those of CUDA and cuDNN.

    A CPU is only "cpu", so that processors which compute the same bytes also write the same record.
    """
    version = torch.__version__.partition("+")[0]
    if device.type != "cuda":
        return {"device": "cpu", "torch": version}
    cuda, cudnn = torch.version.cuda, torch.backends.cudnn.version()
    return {"device": torch.cuda.get_device_name(device), "torch": version, "cuda": str(cuda), "cudnn": str(cudnn)}


def machine(threads: int | None) -> dict[str, str | int]:
    """The processor, the instruction set and the number of `threads` (None: torch's default), which `described` omits."""
    return {"processor": processor(), "kernels": kernels(), "threads": threads or torch.get_num_threads()}


def processor() -> str:
    """The processor's name, from /proc/cpuinfo on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def kernels() -> str:
    """The instruction set that torch uses on the CPU, and oneDNN's limit if the environment sets one."""
    return "-".join([torch.backends.cpu.get_cpu_capability(), *filter(None, [os.environ.get("ONEDNN_MAX_CPU_ISA")])])


def _why_no_gpu() -> str:
    """Torch's reason, in a sentence, why it can use no GPU; empty if it can."""
    if torch.cuda.is_initialized():
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a GPU that is too old, which `device` refuses
            torch.cuda.init()
    except (AssertionError, RuntimeError) as error:
        return re.split(r"\.(?:\s|$)(?=[A-Z]|$)", " ".join(str(error).split()))[0]
    return ""


def _capability(device: torch.device) -> str:
    return f"{torch.cuda.get_device_name(device)} has {_dotted(torch.cuda.get_device_capability(device))}"


def _dotted(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))


def _keep_freed_memory() -> None:
    """Let glibc reuse freed memory. By default it returns large blocks to Linux, which zeroes their pages again at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
