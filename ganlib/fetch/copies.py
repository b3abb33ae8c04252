"""Copies, moves and links files."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from ganlib.support import console, disk, paths
from ganlib.support.files import replacing

BLOCK = 2**22


def copy(source: Path, target: Path) -> None:
    """Copy a file, with a progress bar."""
    size = source.stat().st_size
    with (
        disk.writing(target.parent, size),
        source.open("rb") as reader,
        target.open("wb") as writer,
        console.bar(total=size, desc=f"copying {source.name}", unit="B", unit_scale=True) as bar,
    ):
        while block := reader.read(BLOCK):
            writer.write(block)
            bar.update(len(block))


def move(source: Path, target: Path) -> None:
    """Move a file atomically, to another file system too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(target) as fresh:
            copy(source, fresh)
            with suppress(PermissionError):  # on file systems without modes
                fresh.chmod(source.stat().st_mode)
        source.unlink()


def link_or_copy(source: Path, target: Path) -> None:
    """Create `target` as a hard link to a download, or as a copy of any other file.

    Downloads are read-only, so neither name can be used to modify the other; users may edit their own files later.
    """
    if source.is_relative_to(paths.incoming()) and not source.is_symlink() and not source.stat().st_mode & 0o222:
        try:
            target.hardlink_to(source)
        except OSError:  # another file system, or one without hard links
            copy(source, target)
    else:
        copy(source, target)
