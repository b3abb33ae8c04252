"""DVC's experiments, from `dvc exp show`: settings that differ, then scores that differ; as a table of the page, and as text."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from ganlib.page.findings import place
from ganlib.page.glossary import entry
from ganlib.page.spread import others
from ganlib.support import paths
from ganlib.support.errors import UserError

SHOWN = ("kid", "fid")
NONE = "\N{EN DASH}"
COMMAND = [sys.executable, "-m", "dvc", "exp", "show", "--json"]
WIDTH, GAP = 120, 2  # of the text, in columns
HEADER = ("experiment", "changed settings", "KID (95% interval)", "other trainings")
NAME = 24  # columns at most

Revision = Mapping[str, Any]


class Row(NamedTuple):
    """A revision with its settings, and the metrics of its trainings by report. `base`: the commit that an experiment started from."""

    name: str
    settings: dict[str, str]
    metrics: dict[str, Mapping[str, Any]]
    base: "Row | None" = None


def show() -> list[Revision]:
    """The revisions of this checkout; the first is the workspace."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 (a constant)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"`dvc exp show` failed: {last}")
    found: list[Revision] = json.loads(done.stdout)
    return found


def tabulate(revisions: Sequence[Revision]) -> dict[str, Any]:
    """`header` and `rows` of the table; a row has a name and cells (text, differs from the first row)."""
    rows = [*_rows(revisions)]
    found = [(row.name, row.settings, _scores(row)) for row in rows]
    settings, scores = _differing([row.settings for row in rows]), _differing([of for _, _, of in found])
    values = [(name, {**changed, **scored}) for name, changed, scored in found]
    columns, first = [*settings, *scores], values[0][1]
    return {
        "header": ["experiment", *columns],
        "rows": [{"name": name, "cells": [(of.get(key, NONE), of.get(key) != first.get(key)) for key in columns]} for name, of in values],
    }


def lines(revisions: Sequence[Revision]) -> Iterator[str]:
    """The same as text of WIDTH columns: what differs from the commit that an experiment started from."""
    rows = [*_rows(revisions)]
    differing = _differing([{report: of["kid"] for report, of in row.metrics.items()} for row in rows])
    cells = [HEADER, *((row.name, "\n".join(_changed(row)), *_kids(row, differing)) for row in rows)]
    widest = [max(len(line) for row in cells for line in row[column].split("\n")) for column in range(len(HEADER))]
    widths = [min(widest[0], NAME), 0, *widest[2:]]
    widths[1] = min(widest[1], WIDTH - sum(widths) - GAP * (len(HEADER) - 1))
    for row in cells:
        columns = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*columns, fillvalue=""):
            yield (" " * GAP).join(f"{part:<{width}}" for part, width in zip(parts, widths, strict=True)).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    return [part for line in cell.split("\n") for part in wrap(line, width) or [""]]


def _changed(row: Row) -> Iterator[str]:
    for name, value in row.settings.items():
        if row.base and row.base.settings.get(name) != value:
            yield f"{name.removeprefix('reports.')} {value}"


def _kids(row: Row, differing: Sequence[str]) -> tuple[str, str]:
    """KID with its interval, a line for each report, and whether it is within the range of other trainings."""
    kid, values, ranges = entry("kid"), [], []
    for report in differing:
        figures, before = row.metrics.get(report), row.base.metrics.get(report) if row.base else None
        if row.base and figures == before:
            continue
        if figures is None:
            values.append(f"{report} not scored")
            ranges.append("")
            continue
        interval = " to ".join(kid.format(figures[f"kid_{end}"]) for end in ("low", "high") if f"kid_{end}" in figures)
        values.append(f"{report} {kid.format(figures['kid'])}" + (f" ({interval})" if interval else ""))
        spread = others({**figures, **_data(row.settings)}, report).get("kid")
        within = "in" if spread and place(figures["kid"], spread)[0] else "outside"
        ranges.append(f"{within} {kid.format(spread.low)} to {kid.format(spread.high)}" if spread else "")
    return "\n".join(values), "\n".join(ranges)


def _data(settings: Mapping[str, str]) -> dict[str, str]:
    """The data set that a revision trained on, its scale and N, as far as its settings say."""
    dataset = settings.get("dataset", "")
    return {"dataset": dataset, **{key: settings.get(f"datasets.{dataset}.{key}", "") for key in ("scale", "samples")}}


def _differing(values: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys whose values are not the same everywhere."""
    return [key for key in dict.fromkeys(key for of in values for key in of) if len({of.get(key) for of in values}) > 1]


def _rows(revisions: Sequence[Revision]) -> Iterator[Row]:
    """Each revision followed by its experiments, newest first."""
    head = _row(revisions[1]) if len(revisions) > 1 else None
    for index, revision in enumerate(revisions):
        row = _row(revision, None if index else head)
        yield row
        for experiment in revision.get("experiments") or ():
            yield from (_row(rev, row) for rev in experiment["revs"])


def _row(revision: Revision, base: Row | None = None) -> Row:
    rev = str(revision["rev"])
    settings = {key: value for _, file in _files(revision, "params") for key, value in _flat(file)}
    metrics = {Path(path).stem: file for path, file in _files(revision, "metrics")}
    scored = {report: of for report, of in metrics.items() if "kid" in of and not _is_stale(revision, report)}
    return Row(revision.get("name") or (rev if rev == "workspace" else rev[:7]), settings, scored, base)


def _scores(row: Row) -> dict[str, str]:
    return {f"{report} {key.upper()}": entry(key).format(of[key]) for report, of in row.metrics.items() for key in SHOWN if key in of}


def _is_stale(revision: Revision, report: str) -> bool:
    """Whether the evaluation that DVC recorded last is of another run than that of the last training."""
    recorded = revision.get("data") or {}
    run = paths.outputs(report).run.as_posix()
    trained, scored = ((recorded.get(kind) or {}).get(run, {}).get("hash") for kind in ("outs", "deps"))
    return None not in (trained, scored) and trained != scored


def _files(revision: Revision, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files of a kind and their contents, empty for a file that DVC could not read."""
    for path, file in sorted(((revision.get("data") or {}).get(kind) or {}).items()):
        yield path, file.get("data") or {}


def _flat(block: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", "default" if value is None else str(value)
