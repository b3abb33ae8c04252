"""Collects a report's results for the page: its section."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from ganlib import params
from ganlib.core.tables import read_columns, read_json, read_yaml
from ganlib.models.registry import count_parameters, fingerprint, read_header
from ganlib.page import strips
from ganlib.support import checks, paths

RATES = ("lr_g", "lr_d")
LENGTH = ("epochs", "max_steps")  # shown as one setting
NOT_SHOWN = (*LENGTH, "sample_every", "snapshots")  # the last two only say when to write files


def collect(report: str) -> dict[str, Any]:
    """The section of a trained report or baseline; `figures` and `kept` are empty until this training is evaluated."""
    outputs = paths.outputs(report)
    config, details = read_yaml(outputs.run / "config.yaml"), paths.details(report)
    generator = outputs.run / "generator.safetensors"
    settings = read_header(generator).report
    figures = read_json(details) if details.exists() else {}
    if figures.get("generator_md5") != fingerprint(generator):  # of an earlier training
        figures = {}
    return {
        "report": report,
        "baseline": report in checks.read(checks.FILE)["baselines"],
        "steps": config["steps"],
        "seed": config["seed"],
        "devices": config.get("devices", []),
        "precision": config["precision"],
        "headline": list(settings.headline),
        "rates": {name: config[name] for name in RATES if config.get(name)},
        "keys": {name: f"{params.block_of(report, name)}.{name}" for name in RATES},
        "changed": changed(params.own(report), config),
        "parameters": {path.stem: count_parameters(path) for path in (generator, *sorted(outputs.nets.glob("*.safetensors")))},
        "figures": figures,
        "log": read_columns(outputs.progress / "log.csv"),
        "kept": read_columns(scores) if figures and (scores := paths.scores(report) / "scores.csv").exists() else {},
        "rows": rows(config.get("conditions") or {}),
        **pictures(report, settings.size),
        **({} if figures else {"closest": None}),
    }


def pictures(report: str, size: int) -> dict[str, Any]:
    """The sheets of `size`-pixel pictures: `samples` and `reconstructions`, lists by step; `reals` and `closest`, None if missing."""
    progress = paths.outputs(report).progress
    reals, closest = progress / "reals.png", paths.scores(report) / "closest.png"
    return {
        kind: [{"step": int(path.stem), **strips.strip(path, size)} for path in strips.numbered(progress / kind)]
        for kind in ("samples", "reconstructions")
    } | {
        "reals": strips.strip(reals, size) if reals.exists() else None,
        "closest": strips.pairs(closest, size) if closest.exists() else None,
    }


def changed(own: Mapping[str, Any], config: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The settings of a run that differ from the report's own: (name, the report's value, the run's)."""
    found = [(name, own[name], value) for name, value in config.items() if name in own and own[name] != value and name not in NOT_SHOWN]
    if config["rate_scale"] != own.get("rate_scale", 1.0):
        found.append(("rate_scale", 1.0, config["rate_scale"]))
    if any(own[name] != config[name] for name in LENGTH):
        found.append(("length", f"{own['epochs']:,} epochs", f"{config['steps']:,} steps"))
    return found


def rows(conditions: Mapping[str, list[str]]) -> list[str]:
    """The conditions of each row of a conditional sheet that shows every combination, in the order of `training.sheets`."""
    values = [[f"{group} unspecified", *attributes] for group, attributes in conditions.items()]
    return [", ".join(row).replace("_", " ").lower() for row in product(*values)] if values else []
