"""Atomic replacement of files and folders: the old content or the new one, even after a crash or a power cut."""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

# What fsync and locks answer on file systems that have none (older CIFS, vboxsf, some FUSE and NFS).
UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.ENOLCK)
STRAY_AGE = 3600  # seconds without a change, after which a temporary file must be that of a killed process


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it if the block succeeds; of several writers at once the last one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for stray in path.parent.glob(f".{escape(path.stem)}.partial-*{escape(path.suffix)}"):
        with suppress(FileNotFoundError):  # another process may be faster
            if time.time() - stray.lstat().st_ctime > STRAY_AGE:
                stray.unlink()
    temporary = path.with_name(f".{path.stem}.partial-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        to_disk(temporary)
        os.replace(temporary, path)
        to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` that replaces it if the block succeeds. The caller ensures that it is the only writer."""
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)  # of a killed process
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for path in (*temporary.rglob("*"), temporary):
            to_disk(path)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
        to_disk(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(source: Path, folder: Path) -> None:
    """Replace `folder` by a copy of the files of `source`. The caller ensures that it is the only writer."""
    with replacing_folder(folder) as fresh:
        for path in source.rglob("*"):
            if path.is_file():
                target = fresh / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def to_disk(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk; skipped where system or file system allow no process to do so."""
    try:
        descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except PermissionError:  # Windows opens neither folders nor read-only files
        return
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)


def flush(descriptor: int) -> None:
    """Flush an open file or folder to the disk, if the file system can."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
