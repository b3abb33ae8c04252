"""Which machine computes: its processor's name, which kernels that one runs, and how many threads."""

import os
import platform
from pathlib import Path

import torch


def processor() -> str:
    """The processor's name, as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def kernels() -> str:
    """Which instructions torch uses on the CPU, and a limit that the environment sets for oneDNN."""
    return "-".join([torch.backends.cpu.get_cpu_capability(), *filter(None, [os.environ.get("ONEDNN_MAX_CPU_ISA")])])
