"""How many cores there are to work on."""

import os


def count() -> int:
    """Those that this process may use: under SLURM or taskset fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
