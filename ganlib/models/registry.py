"""Finds reports by name. Each has a folder, `ganlib/reports/<name>/`, with settings.py, nets.py and, where it needs one, objective.py."""

from importlib import import_module
from pathlib import Path

from ganlib.models.report import Report

FOLDER = Path(__file__).parents[1] / "reports"


def names() -> list[str]:
    """Every report that has a folder."""
    return sorted(path.parent.name for path in FOLDER.glob("*/settings.py"))


def settings_of(name: str) -> type[Report]:
    """The settings class of the report `name`: `Settings` in its settings.py."""
    return import_module(f"ganlib.reports.{name}.settings").Settings
