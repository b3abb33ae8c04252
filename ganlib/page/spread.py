"""How scores vary over seeds: the trainings of benchmarks/seeds.csv that are comparable with a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ganlib.core.tables import read_csv

FILE = Path("benchmarks/seeds.csv")


class Spread(NamedTuple):
    """A score of several trainings of one report, and their number of steps."""

    values: tuple[float, ...]
    steps: int

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def spreads(figures: Mapping[str, Any], report: str, path: Path = FILE) -> dict[str, Spread]:
    """`kid` and `fid` of the trainings on the same pictures, at the same scale and N; empty if there are fewer than two."""
    return _spreads(_trainings(figures, report, path))


def others(figures: Mapping[str, Any], report: str, path: Path = FILE) -> dict[str, Spread]:
    """The spreads without the training whose figures these are: a run with unchanged settings repeats one of the table's."""
    trainings = _trainings(figures, report, path)
    return _spreads({kid: row for kid, row in trainings.items() if kid != f"{figures['kid']:.5g}"})


def _trainings(figures: Mapping[str, Any], report: str, path: Path) -> dict[str, Mapping[str, str]]:
    """Rows of the table by KID, since rows of two processors with one KID are of the same training."""
    rows = read_csv(path) if path.exists() else []
    return {row["kid"]: row for row in rows if row["report"] == report and _is_comparable(row, figures)}


def _spreads(trainings: Mapping[str, Mapping[str, str]]) -> dict[str, Spread]:
    rows = [*trainings.values()]
    if len(rows) < 2:
        return {}
    return {score: Spread(tuple(float(row[score]) for row in rows), int(rows[0]["step"])) for score in ("kid", "fid")}


def _is_comparable(row: Mapping[str, str], figures: Mapping[str, Any]) -> bool:
    alike = all(row[name] == str(figures.get(name)) for name in ("dataset", "scale", "samples"))
    pictures = row["pictures"] in ("", figures.get("pictures"))  # blank for drawn faces, which are the same everywhere
    return alike and pictures and "-" not in row["kernels"]  # a dash marks kernels below what the processor supports
