"""Locks between processes, as files beside what they guard; one that is killed lets go of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ganlib.support import progress


def lock_beside(path: Path) -> FileLock:
    """The lock on `path`. Its file stays, since a lock on a file that is gone would hold nobody back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"))


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock on `path`; where another process or thread has it, say that it is `busy` and wait."""
    lock = lock_beside(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.log(f"{path.name}: {busy}; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock on `path` if nobody else does; whether it is held."""
    lock = lock_beside(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
