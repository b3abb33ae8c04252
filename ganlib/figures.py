"""Figures on the disk: the log of a run, line by line, its settings, and the metrics that git keeps."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ganlib.files import replacing


class Log:
    """`path`, empty at first, gets a line of figures each time it is called."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        path.write_text("")

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line."""
        add_line(self.path, {"step": step, **{name: f"{value:.6g}" for name, value in figures.items()}})

    def state_dict(self) -> dict[str, Any]:
        return {"lines": self.path.read_text()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.path.write_text(state["lines"])


def add_line(path: Path, row: Mapping[str, object]) -> None:
    """Add a row to a CSV file, which begins with the names."""
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def last_figures(path: Path) -> dict[str, float]:
    """The last line of a log, `step` included."""
    with path.open(newline="") as file:
        *_, last = csv.DictReader(file)
    return {name: int(value) if name == "step" else float(value) for name, value in last.items()}


def save_config(config: dict[str, Any], path: Path) -> None:
    """Write a run's resolved settings as YAML."""
    with replacing(path) as target, target.open("w") as file:
        YAML().dump(config, file)


def save_metrics(figures: Mapping[str, str | int | float], path: Path) -> None:
    """Write what `dvc metrics` reads, as JSON with floats to six significant digits."""
    rounded = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in figures.items()}
    with replacing(path) as target:
        target.write_text(json.dumps(rounded, indent=2) + "\n")
