"""What a training has written so far, for readers that follow it from outside."""

import csv
from pathlib import Path

from ganlib.support import paths
from ganlib.support.locks import locked_if_free


def running() -> list[Path]:
    """The checkpoints' folders of the trainings that run in this checkout, queued and --temp experiments included; sorted."""
    found = []
    for lock in sorted(paths.checkpoints().glob(".*.lock")):
        folder = lock.with_name(lock.name.removeprefix(".").removesuffix(".lock"))
        if (folder / "run" / "config.yaml").exists() and not (folder / "finished").exists():
            with locked_if_free(folder) as free:
                if not free:
                    found.append(folder)
    return found


def rows(path: Path) -> list[dict[str, str]]:
    """The complete rows of a CSV file with a header; none if there is no file yet."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return list(csv.DictReader(line for line in lines if line.endswith("\n")))
