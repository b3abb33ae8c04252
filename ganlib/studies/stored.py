"""The files of a trial besides those of its training, and whether a trial exists already."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganlib.core import tables
from ganlib.curve import settings as curve
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.support import console
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

CURVE = "curve.json"  # the demo's metrics
DIVERGED = "diverged.txt"  # why a training ended early
MACHINE = "machine.json"  # torch, the device and the processor
REFUSED = "refused"  # the key of the reason why a trial cannot be trained, in place of its settings
UNTRAINED = "not_trained.txt"  # why a training was left out
MADE_OF = "made_of.json"  # written last: everything that the folder depends on


def settings_from(training: dict[str, Any]) -> Report | curve.Settings:
    """The settings in training.json."""
    kind = curve.Settings if training["report"] == "curve" else settings_of(training["report"])
    return kind.model_validate(training["settings"])


@contextmanager
def build_if_stale(folder: Path, made_of: dict[str, Any]) -> Iterator[bool]:
    """Yield whether the block must build `folder`, which is then empty. It must not if the folder was built from equal `made_of`."""
    stale = not is_built(folder, made_of)
    if stale:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.log(f"{folder} is up to date")
    yield stale
    if stale:
        tables.write_json(made_of, folder / MADE_OF)


def is_built(folder: Path, made_of: dict[str, Any]) -> bool:
    """Whether `folder` was built from equal `made_of`."""
    stamp = folder / MADE_OF
    return stamp.exists() and tables.read_json(stamp) == made_of


def check_same_pictures(cache: Path, found: str, expected: str) -> None:
    """Raise a UserError if another command has rebuilt the pictures since the trial's settings were resolved."""
    if found != expected:
        raise UserError(f"{cache}: has other pictures than when this study began: run the command again")


def leave_out(folder: Path) -> None:
    """Leave a note in place of a training that would tell nothing."""
    console.log(f"{folder}: not trained: with the first seed, the setting changes nothing")
    shutil.rmtree(folder, ignore_errors=True)
    with replacing(folder / UNTRAINED) as target:
        target.write_text("With the first seed, the setting changes nothing.\n", encoding="utf-8")
