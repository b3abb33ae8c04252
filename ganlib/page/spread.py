"""How far scores lie apart over seeds: the trainings of docs/seeds.csv that are comparable with a run's scores."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlib.core.tables import read_csv

FILE = Path("docs/seeds.csv")


@dataclass(frozen=True)
class Spread:
    """A score of each training of one report, and how many steps these took."""

    values: tuple[float, ...]
    steps: int

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def spreads(figures: dict[str, Any], report: str, path: Path = FILE) -> dict[str, Spread]:
    """Of `kid` and `fid`, over trainings on the same data set at the same scale and N; empty where there are fewer than two."""
    if not path.exists():
        return {}
    rows = [row for row in read_csv(path) if row["report"] == report and _comparable(row, figures)]
    if len(rows) < 2:
        return {}
    return {score: Spread(tuple(float(row[score]) for row in rows), int(rows[0]["step"])) for score in ("kid", "fid")}


def _comparable(row: dict[str, str], figures: dict[str, Any]) -> bool:
    alike = all(row[name] == str(figures.get(name)) for name in ("dataset", "scale", "samples"))
    return alike and "-" not in row["kernels"]  # a name with a dash stands for kernels that a processor was held to
