"""What a command writes, and that it overwrites nothing unasked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlib.support.errors import DISK_FULL, UserError


def unused(path: Path, force: bool) -> None:
    """A UserError if a file or a folder that is not empty is at `path`, unless it may be overwritten."""
    if not force and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path}: is there already; name another with -o, or overwrite with --force")


def ending(path: Path, endings: str) -> str:
    """The path's own ending, which must be one of `endings`, as in ".webp .gif"."""
    if path.suffix.lower() not in endings.split() or path.is_dir():
        raise UserError(f"{path}: must end in {endings.replace(' ', ' or ')}, and be no folder")
    return path.suffix.lower()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around all that writes `path`: what the file system refuses is a UserError."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
