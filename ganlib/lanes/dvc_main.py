"""The `dvc` command with atomic records. A script that imports nothing of ganlib, so that it runs from any folder.

DVC rewrites dvc.lock in place, which takes half a second for 5,000 lines. If it were killed then, the records of all stages would be lost.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from dvc.cli import main
from dvc.fs import LocalFileSystem

RECORDS = ("dvc.lock", "rwlock")  # DVC writes them while it holds the lock of the repository, so there is one writer

open_file = LocalFileSystem.open


def open_record(self: LocalFileSystem, path: str, mode: str = "r", **options: Any) -> Any:
    """`LocalFileSystem.open`, except that a new record replaces the old one when it is complete."""
    if mode.startswith("w") and os.path.basename(path) in RECORDS:  # noqa: PTH119 (DVC's paths are strings)
        return _replacing(Path(path).resolve())
    return open_file(self, path, mode, **options)


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    temporary = path.with_name(f".{path.name}.partial")
    with temporary.open("w+", encoding="utf-8") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):  # the first record
        shutil.copymode(path, temporary)
    os.replace(temporary, path)


if __name__ == "__main__":
    LocalFileSystem.open = open_record
    sys.argv[0] = "dvc"  # DVC names the command where it waits for it
    sys.exit(main())
