"""Room on the disk: checked before a long write, and reported plainly if it runs out during one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlib.support.errors import DISK_FULL, UserError


@contextmanager
def writing(folder: Path, needed: int = 0) -> Iterator[None]:
    """A block that writes `needed` bytes below `folder`: a UserError at once where they do not fit, or when the disk fills after all."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(f"{folder}: the disk has {free / 1e9:.2f} GB free and {needed / 1e9:.2f} GB are needed: make room and run again")
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        wanted = f", and {needed / 1e9:.2f} GB are needed in all" if needed > 0 else ""
        raise UserError(f"{folder}: the disk is full ({error.strerror}){wanted}: make room and run again") from None
