"""DVC's experiments as a table: the scores and parameters of `dvc exp show`, with values that differ from the workspace's marked."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlib.page.glossary import entry
from ganlib.support import paths
from ganlib.support.errors import UserError

SHOWN = ("kid", "fid")
NONE = "\N{EN DASH}"
COMMAND = [sys.executable, "-m", "dvc", "exp", "show", "--json"]


def table() -> dict[str, Any]:
    """The experiments of this checkout; see `tabulate`."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 (a constant)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"--experiments: `dvc exp show` failed: {last}")
    return tabulate(json.loads(done.stdout))


def tabulate(revisions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The output of `dvc exp show --json` as `header` and `rows`; a row has a name and cells (text, differs from the first row).

    Columns are each report's scores, then the parameters that are not the same everywhere.
    """
    found = [(_name(revision), _scores(revision), _parameters(revision)) for revision in _flattened(revisions)]
    scores = dict.fromkeys(name for _, values, _ in found for name in values)
    parameters = dict.fromkeys(name for _, _, values in found for name in values)
    differing = [name for name in parameters if len({values.get(name) for _, _, values in found}) > 1]
    rows = [(name, {**values, **settings}) for name, values, settings in found]
    columns = [*scores, *differing]
    first = rows[0][1]
    return {
        "header": ["experiment", *columns],
        "rows": [
            {"name": name, "cells": [(values.get(key, NONE), values.get(key) != first.get(key)) for key in columns]}
            for name, values in rows
        ],
    }


def _flattened(revisions: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Each revision followed by its experiments, newest first."""
    for revision in revisions:
        yield revision
        for experiment in revision.get("experiments") or ():
            yield from experiment["revs"]


def _name(revision: Mapping[str, Any]) -> str:
    rev = str(revision["rev"])
    return revision.get("name") or (rev if rev == "workspace" else rev[:7])


def _scores(revision: Mapping[str, Any]) -> dict[str, str]:
    scores = ((Path(path).stem, file) for path, file in _files(revision, "metrics"))
    return {
        f"{report} {key.upper()}": entry(key).format(file[key])
        for report, file in scores
        for key in SHOWN
        if key in file and not _is_stale(revision, report)
    }


def _is_stale(revision: Mapping[str, Any], report: str) -> bool:
    """Whether the evaluation that DVC recorded last is of another run than that of the last training."""
    recorded = revision.get("data") or {}
    run = paths.outputs(report).run.as_posix()
    trained, scored = ((recorded.get(kind) or {}).get(run, {}).get("hash") for kind in ("outs", "deps"))
    return None not in (trained, scored) and trained != scored


def _parameters(revision: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for _, file in _files(revision, "params") for key, value in _flat(file)}


def _files(revision: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files of a kind and their contents, empty for a file that DVC could not read."""
    for path, file in sorted(((revision.get("data") or {}).get(kind) or {}).items()):
        yield path, file.get("data") or {}


def _flat(block: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", "default" if value is None else str(value)
