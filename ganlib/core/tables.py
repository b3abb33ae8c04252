"""Figures on the disk: the log of a run, line by line, its settings, and the metrics that git keeps."""

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from ruamel.yaml import YAML

from ganlib.support.files import replacing

# Columns of a log that say how far a run is rather than how one step went: counts since its start, BEGAN's k and the rates.
LAST = re.compile("step|collapsed|saturated|left_out|k|rate_.*")


class Log:
    """`path`, empty at first, gets a line of figures each time it is called."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        path.write_text("", encoding="utf-8")

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line."""
        add_line(self.path, {"step": step, **{name: f"{value:.6g}" for name, value in figures.items()}})

    def state_dict(self) -> dict[str, Any]:
        return {"lines": self.path.read_text(encoding="utf-8")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.path.write_text(state["lines"], encoding="utf-8")


def add_line(path: Path, row: Mapping[str, object]) -> None:
    """Add a row to a CSV file, which begins with the names."""
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def closing_figures(path: Path) -> dict[str, float]:
    """What a log ends with: for columns of LAST their value in its last line, for all others the mean over its last tenth of lines.

    A loss differs much from step to step, so that the last one alone says little of where a run came to.
    """
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    closing = lines[-max(1, len(lines) // 10) :]
    means = {name: fmean(float(line[name]) for line in closing) for name in lines[-1] if not LAST.fullmatch(name)}
    return {name: means.get(name, float(value)) for name, value in lines[-1].items()} | {"step": int(lines[-1]["step"])}


def save_config(config: dict[str, Any], path: Path) -> None:
    """Write a run's resolved settings as YAML."""
    with replacing(path) as target, target.open("w", encoding="utf-8") as file:
        YAML().dump(config, file)


def save_metrics(figures: Mapping[str, str | int | float], path: Path) -> None:
    """Write what `dvc metrics` reads, as JSON with floats to six significant digits."""
    rounded = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in figures.items()}
    with replacing(path) as target:
        target.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
