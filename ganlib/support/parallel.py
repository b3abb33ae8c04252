"""Cores, and work on several threads whose results come in order with bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def core_count() -> int:
    """The cores that this process may use: under SLURM or taskset fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_map(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], pending: int) -> Iterator[Result]:
    """`pool.map` that takes no more than `pending` items before the first of their results is asked for."""
    running = deque()
    for item in items:
        running.append(pool.submit(function, item))
        if len(running) == pending:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
