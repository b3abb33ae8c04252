"""A file under another name: by a link, by moving it, or by a copy."""

import errno
import os
from pathlib import Path

from ganlib.support import disk, paths, progress
from ganlib.support.files import replacing

BLOCK = 2**22


def copy(source: Path, target: Path) -> None:
    """The file `source` as `target`, with a bar."""
    size = source.stat().st_size
    with (
        disk.writing(target.parent, size),
        source.open("rb") as reader,
        target.open("wb") as writer,
        progress.bar(total=size, desc=f"copying {source.name}", unit="B", unit_scale=True) as bar,
    ):
        while block := reader.read(BLOCK):
            writer.write(block)
            bar.update(len(block))


def move(source: Path, target: Path) -> None:
    """Give `source` the name `target`, under which it is whole or absent, on another file system too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(target) as fresh:
            copy(source, fresh)
            fresh.chmod(source.stat().st_mode)
        source.unlink()


def take(source: Path, target: Path) -> None:
    """The file `source` as `target`, which is new: what was downloaded gets a second name, what is a person's own is copied.

    A download is read-only, so that neither name can be written through to the other. A person's own file may be edited later.
    """
    if source.is_relative_to(paths.incoming()) and not source.is_symlink() and not source.stat().st_mode & 0o222:
        try:
            return target.hardlink_to(source)
        except OSError:  # another file system, or one that has no links
            pass
    return copy(source, target)
