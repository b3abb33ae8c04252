"""What a trial's settings file says, and the names of the files that a trial leaves beside those of its training."""

from typing import Any

from ganlib.curve import settings as curve
from ganlib.reports import settings_of
from ganlib.reports.base import Report

CURVE = "curve.json"  # the demo's figures
DIVERGED = "diverged.txt"  # why a training ended early
MACHINE = "machine.json"  # what computed it


def settings_from(training: dict[str, Any]) -> Report | curve.Settings:
    """The settings that training.json holds."""
    kind = curve.Settings if training["report"] == "curve" else settings_of(training["report"])
    return kind.model_validate(training["settings"])
