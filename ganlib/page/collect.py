"""All that the page says of one report, out of the files that its training and evaluation left."""

from collections.abc import Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from safetensors import safe_open

from ganlib import params
from ganlib.core.tables import read_csv, read_json, read_yaml
from ganlib.models import registry
from ganlib.page import sheets
from ganlib.support import paths

LENGTH = ("epochs", "max_steps")  # shown together
NO_SETTINGS = (*LENGTH, "sample_every", "snapshots")  # the others say only when something is written
COUNTED = ("running_", "num_batches")  # batch norm's, which are not learned


def section(report: str) -> dict[str, Any]:
    """Of a report or baseline that has been trained; scores are absent where it has not been scored."""
    outputs = paths.outputs(report)
    settings = read_yaml(outputs.run / "config.yaml")
    details = paths.details(report)
    return {
        "report": report,
        "baseline": report in params.load().baselines,
        "steps": settings["steps"],
        "seed": settings["seed"],
        "changed": changed(params.own(report), settings),
        "parameters": {"generator": parameters(outputs.run / "generator.safetensors")}
        | {path.stem: parameters(path) for path in sorted(outputs.nets.glob("*.safetensors")) if path.stem != "generator"},
        "figures": read_json(details) if details.exists() else {},
        "log": columns(outputs.progress / "log.csv"),
        "kept": columns(paths.scores(report) / "scores.csv"),
        "rows": rows(settings.get("conditions") or {}),
        **pictures(report, settings),
    }


def pictures(report: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The sheets: `samples` and `reconstructions` each a list with their steps, `reals` and `closest`; those that there are."""
    progress, kind = paths.outputs(report).progress, registry.settings_of(report)
    size = kind.model_validate({name: settings[name] for name in kind.model_fields}).size
    found = {
        kind: [{"step": int(path.stem), **sheets.picture(path, size)} for path in sheets.numbered(progress / kind)]
        for kind in ("samples", "reconstructions")
    }
    single = {"reals": progress / "reals.png", "closest": paths.scores(report) / "closest.png"}
    return found | {name: sheets.picture(path, size) for name, path in single.items() if path.exists()}


def changed(own: Mapping[str, Any], settings: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The settings that a run had and that are not the report's own: name, the report's value, the run's."""
    found = [(name, own[name], value) for name, value in settings.items() if name in own and own[name] != value and name not in NO_SETTINGS]
    if settings["rate_scale"] != own.get("rate_scale", 1.0):
        found.append(("rate_scale", 1.0, settings["rate_scale"]))
    if any(own[name] != settings[name] for name in LENGTH):
        found.append(("length", f"{own['epochs']:,} epochs", f"{settings['steps']:,} steps"))
    return found


def rows(conditions: dict[str, list[str]]) -> list[str]:
    """What each row of a conditional report's sheet was made for, in the order of `training.sheets`, where it shows every combination."""
    values = [[f"{group} unspecified", *attributes] for group, attributes in conditions.items()]
    return [", ".join(row).replace("_", " ").lower() for row in product(*values)] if values else []


def columns(path: Path) -> dict[str, list[float]]:
    """The columns of a CSV file of numbers; none where there is no file."""
    lines = read_csv(path) if path.exists() else []
    return {name: [float(line[name]) for line in lines] for name in (lines[0] if lines else ())}


def parameters(path: Path) -> int:
    """How many learned numbers a net's file holds, from its header alone."""
    with safe_open(path, framework="numpy") as file:
        learned = [name for name in file.keys() if not name.rpartition(".")[2].startswith(COUNTED)]  # noqa: SIM118 (not a mapping)
        return sum(prod(file.get_slice(name).get_shape()) for name in learned)
