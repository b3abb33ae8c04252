"""One folder a report: settings.py, nets.py, and objective.py where it has one of its own. The folder's name is the report's key."""

from importlib import import_module
from pathlib import Path

from ganlib.reports.base import Report

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Every report that has a folder."""
    return sorted(path.parent.name for path in FOLDER.glob("*/settings.py"))


def settings_of(name: str) -> type[Report]:
    """The settings of the report `name`: the class `Settings` of its folder's settings.py."""
    return import_module(f"ganlib.reports.{name}.settings").Settings
