"""The `dvc` command with atomic records and all pipelines. A script that imports nothing of ganlib, so that it runs from any folder.

DVC rewrites dvc.lock in place, which takes half a second for 5,000 lines. If it were killed then, the records of all stages would be lost.

The .dvcignore in baselines/ and in studies/ hides their pipelines from bare commands such as `dvc status`, since a command of DVC knows all
stages of a repository or none. Here they are shown.
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

HIDDEN = ("baselines", "studies")
RECORDS = ("dvc.lock", "rwlock")  # DVC writes them while it holds the lock of the repository, so there is one writer

open_file = LocalFileSystem.open


def open_special(self: LocalFileSystem, path: str, mode: str = "r", **options: Any) -> Any:
    """`LocalFileSystem.open`, except that a new record replaces the old one when it is complete, and no .dvcignore hides a pipeline."""
    name = os.path.basename(path)  # noqa: PTH119 (DVC's paths are strings)
    if mode.startswith("w") and name in RECORDS:
        return _replacing(Path(path).resolve())
    hides = name == ".dvcignore" and Path(path).parent.name in HIDDEN
    return open_file(self, os.devnull if hides else path, mode, **options)


def adapt() -> None:
    """Let DVC in this process open files by `open_special`."""
    LocalFileSystem.open = open_special


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
    adapt()
    sys.argv[0] = "dvc"  # DVC names the command where it waits for it
    sys.exit(main())
