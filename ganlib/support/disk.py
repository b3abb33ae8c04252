"""Disk space: checked before a long write, and reported in one line if it runs out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlib.support.errors import DISK_FULL, UserError


@contextmanager
def writing(folder: Path, needed: int = 0) -> Iterator[None]:
    """Create `folder` for a block that writes `needed` bytes to it. Raises a UserError if they do not fit, now or later."""
    folder.mkdir(parents=True, exist_ok=True)
    total, _, free = shutil.disk_usage(folder)
    if needed > free and total:  # some network file systems report a size of 0
        raise UserError(f"{folder}: the disk has {free / 1e9:.2f} GB free and {needed / 1e9:.2f} GB are needed: make room and run again")
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        whole = f", {needed / 1e9:.2f} GB are needed in total" if needed > 0 else ""
        raise UserError(f"{folder}: the disk is full ({error.strerror}){whole}: make room and run again") from None
