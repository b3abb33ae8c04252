"""What a trial's settings file says, the files that a trial leaves beside those of its training, and whether it is there already."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganlib.core.tables import read_json, write_json
from ganlib.curve import settings as curve
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.support import progress

CURVE = "curve.json"  # the demo's figures
DIVERGED = "diverged.txt"  # why a training ended early
MACHINE = "machine.json"  # what computed it
MADE_OF = "made_of.json"  # comes last: all that the folder depends on


def settings_from(training: dict[str, Any]) -> Report | curve.Settings:
    """The settings that training.json holds."""
    kind = curve.Settings if training["report"] == "curve" else settings_of(training["report"])
    return kind.model_validate(training["settings"])


@contextmanager
def making(folder: Path, made_of: dict[str, Any]) -> Iterator[bool]:
    """Whether `folder` has to be made, for the block to do it; it is emptied then. It need not where it was made of the same before."""
    stamp = folder / MADE_OF
    there = stamp.exists() and read_json(stamp) == made_of
    if there:
        progress.log(f"{folder} is there already, of the same settings")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    yield not there
    if not there:
        write_json(made_of, stamp)
