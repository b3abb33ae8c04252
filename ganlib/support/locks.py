"""Locks between processes, as files beside what they guard; the system releases those of a killed process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ganlib.support import console
from ganlib.support.files import UNSUPPORTED

LOCKED: list[Path] = []
"""What `locked` has locked in this process, also what it has released since."""


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock of `path`; if another process or thread holds it, log that `path` is `busy` and wait."""
    with _acquired(path, 0) as free:
        if free:
            LOCKED.append(path)
            yield
            return
    console.log(f"{path.name}: {busy}; waiting for it")
    with _acquired(path, -1):
        LOCKED.append(path)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of `path` unless another process holds it; yields whether it is held here."""
    with _acquired(path, 0) as free:
        yield free


@contextmanager
def _acquired(path: Path, timeout: float) -> Iterator[bool]:
    """Whether the lock of `path` could be acquired, or its file system has no locks. The lock's file stays: others may wait for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        yield False
        return
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    try:
        yield True
    finally:
        lock.release()
