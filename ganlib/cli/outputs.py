"""Output files of the commands: nothing is overwritten without --force."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from ganlib.support.errors import DISK_FULL, UserError


def refuse_overwrite(path: Path, force: bool) -> None:
    """A UserError if `path` is a file or a folder that is not empty, unless `force` is set."""
    if not force and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UserError(f"{path}: already exists; choose another path with -o, or overwrite it with --force")


def check_suffix(path: Path, *suffixes: str) -> None:
    """A UserError unless `path` ends in one of `suffixes` and is not a folder."""
    if path.suffix.lower() not in suffixes or path.is_dir():
        raise UserError(f"{path}: must end in {' or '.join(suffixes)} and must not be a folder")


def announce(run: str) -> None:
    """Say at once what the command works on; importing torch takes seconds."""
    typer.echo(f"loading the generator of {run}", err=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the file system's errors while `path` is written into a UserError."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
