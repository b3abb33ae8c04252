"""CSV, JSON and YAML files: one reader and one writer each, and the log and the metrics of a run."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ganlib.support.errors import UserError
from ganlib.support.files import replacing

# Columns of a log whose last value counts: running totals, BEGAN's k and the learning rates. All others are averaged.
TAKE_LAST = re.compile("step|collapsed|saturated|left_out|k|rate_.*")


class Log:
    """The CSV log of a run at `path`; starts empty."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        path.write_text("", encoding="utf-8")

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Append a row, with floats to six significant digits."""
        append_row({"step": step, **{name: f"{value:.6g}" for name, value in figures.items()}}, self.path)

    def state_dict(self) -> dict[str, Any]:
        return {"lines": self.path.read_text(encoding="utf-8")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.path.write_text(state["lines"], encoding="utf-8")


def final_metrics(path: Path) -> dict[str, float]:
    """A log's final values: TAKE_LAST columns from its last row, the mean over the last tenth of the rows for all others.

    Losses vary too much from step to step for a single row to be representative.
    """
    rows = read_csv(path)
    tail = rows[-max(1, len(rows) // 10) :]
    means = {name: fmean(float(row[name]) for row in tail) for name in rows[-1] if not TAKE_LAST.fullmatch(name)}
    return {name: means.get(name, float(value)) for name, value in rows[-1].items()} | {"step": int(rows[-1]["step"])}


def save_metrics(metrics: Mapping[str, str | float | None], path: Path) -> None:
    """Write a metrics file for `dvc metrics`, with floats to six significant digits."""
    write_json({key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in metrics.items()}, path)


@contextmanager
def _intact(path: Path) -> Iterator[None]:
    """Turns the errors of a damaged file into a UserError."""
    try:
        yield
    except (ValueError, TypeError, YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: damaged ({reason}): restore it, or delete the results that it belongs to, and run again") from None


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_columns(path: Path) -> dict[str, list[float]]:
    """The columns of a CSV file of numbers; empty without rows."""
    rows = read_csv(path)
    with _intact(path):
        return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def to_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows with equal keys as CSV text, with a header."""
    rows, text = list(rows), StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def append_row(row: Mapping[str, object], path: Path) -> None:
    """Append a row to a CSV file, preceded by a header if the file is empty."""
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def read_json(path: Path) -> Any:
    """The value in a JSON file."""
    with _intact(path):
        return json.loads(path.read_text(encoding="utf-8"))


def write_json(value: Any, path: Path, *, compact: bool = False) -> None:
    """Replace a JSON file: indented, or `compact` for files that only programs read."""
    text = json.dumps(value, separators=(",", ":")) if compact else json.dumps(value, indent=2) + "\n"
    with replacing(path) as target:
        target.write_text(text, encoding="utf-8")


def read_yaml(path: Path) -> Any:
    """The value in a YAML file that ganlib or DVC wrote; `support.checks.read` is for files that users edit."""
    with _intact(path):
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def write_yaml(values: Mapping[str, Any], path: Path) -> None:
    """Replace a YAML file, with the keys in their order."""
    with replacing(path) as target, target.open("w", encoding="utf-8") as file:
        YAML().dump(dict(values), file)
