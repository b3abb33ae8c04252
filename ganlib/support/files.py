"""Atomic replacement of files and folders: the old content or the new one, even after a crash or a power cut."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

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


def replace_folder(source: Path, folder: Path) -> None:
    """Replace `folder` by a copy of `source`, after the copy is complete. The caller ensures that it is the only writer."""
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)  # of a killed process
    try:
        shutil.copytree(source, temporary)
        for path in (*temporary.rglob("*"), temporary):
            to_disk(path)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
        to_disk(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def to_disk(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk. Windows can flush neither folders nor read-only files: skipped there."""
    windows = os.name == "nt"
    try:
        descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    except PermissionError:
        if windows:
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
