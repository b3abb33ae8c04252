"""CPU cores, and an ordered parallel map with bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def core_count() -> int:
    """The number of cores that this process may use; SLURM and taskset can restrict it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# From Python 3.14 on this is `pool.map(function, items, buffersize=pending)`.
def parallel_map(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], pending: int) -> Iterator[Result]:
    """`pool.map`, but with at most `pending` items submitted ahead of the results that were consumed."""
    running: deque[Future[Result]] = deque()
    for item in items:
        running.append(pool.submit(function, item))
        if len(running) == pending:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
