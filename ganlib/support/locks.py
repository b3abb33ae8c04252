"""Locks between processes, as files beside what they guard; the system releases those of a killed process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ganlib.support import progress


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock of `path`; if another process or thread holds it, log that `path` is `busy` and wait."""
    lock = _lock(path)
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        progress.log(f"{path.name}: {busy}; waiting for it")
        held = lock.acquire()
    with held:
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of `path` unless another process holds it; yields whether it is held here."""
    try:
        held = _lock(path).acquire(timeout=0)
    except Timeout:
        yield False
        return
    with held:
        yield True


def _lock(path: Path) -> FileLock:
    """The lock of `path`. Its file is never removed: others may be waiting for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"))
