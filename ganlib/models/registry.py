"""Reports by name and by the header of a trained net's file. Each has a folder `ganlib/reports/<name>/` with settings.py and nets.py."""

import hashlib
import json
from importlib import import_module
from math import prod
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from ganlib.models.report import Report
from ganlib.support.errors import UserError

FOLDER = Path(__file__).parents[1] / "reports"
BUFFERS = ("running_mean", "running_var", "num_batches_tracked", "_u", "_v")  # of batch norm and spectral norm


def names() -> list[str]:
    """All reports that have a folder, sorted."""
    return sorted(path.parent.name for path in FOLDER.glob("*/settings.py"))


def settings_of(name: str) -> type[Report]:
    """The settings class of the report `name`: `Settings` in its settings.py."""
    settings: type[Report] = import_module(f"ganlib.reports.{name}.settings").Settings
    return settings


class Header(NamedTuple):
    """The name of a net ("generator", ...), its report and the settings of its training."""

    net: str
    name: str
    report: Report


def read_header(path: Path) -> Header:
    """The header of a net's .safetensors file, read without torch and without weights; a UserError if `train` did not write it."""
    try:
        with safe_open(path, framework="numpy") as file:
            config = json.loads((file.metadata() or {})["config"])
        net, name, settings = config["net"], config["report"], config["settings"]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a net that `train` wrote: {error}") from None
    if name not in names():
        raise UserError(f"{path}: a net of the report {name}, which this ganlib does not have; it has {', '.join(names())}")
    try:
        return Header(net, name, settings_of(name).model_validate(settings))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"]))
        raise UserError(f"{path}: trained by another version of ganlib: {key}: {problem['msg']}") from None


def fingerprint(path: Path) -> str:
    """The MD5 of a net's file, by which an evaluation names the generator that it scored."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def count_parameters(path: Path) -> int:
    """How many numbers a net has learned, from the shapes in its file's header."""
    with safe_open(path, framework="numpy") as file:
        learned = [name for name in file.keys() if not name.endswith(BUFFERS)]  # noqa: SIM118 (not a mapping)
        return sum(prod(file.get_slice(name).get_shape()) for name in learned)
