"""DVC's experiments as a table: what `dvc exp show` knows, with the values that are not the workspace's marked."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganlib.page.glossary import term
from ganlib.support.errors import UserError

SHOWN = ("kid", "fid")
NONE = "\N{EN DASH}"
COMMAND = [sys.executable, "-m", "dvc", "exp", "show", "--json"]


def table() -> dict[str, Any]:
    """A `header` and `rows`, each with its name and its cells: a text, and whether it is other than the first row's."""
    told = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 (no part of it is anyone's input)
    if told.returncode:
        last = (told.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"--experiments: `dvc exp show` failed: {last}")
    return tabulate(json.loads(told.stdout))


def tabulate(revisions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `dvc exp show --json` gives as a table: each report's scores, then the parameters that differ anywhere."""
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
    """Each revision, and behind it its experiments, newest first."""
    for revision in revisions:
        yield revision
        for experiment in revision.get("experiments") or ():
            yield from experiment["revs"]


def _name(revision: Mapping[str, Any]) -> str:
    return revision.get("name") or (revision["rev"] if revision["rev"] == "workspace" else revision["rev"][:7])


def _scores(revision: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for path, file in _files(revision, "metrics"):
        report = path.removeprefix("metrics/").removesuffix(".json")
        found |= {f"{report} {key.upper()}": term(key).write(file[key]) for key in SHOWN if key in file}
    return found


def _parameters(revision: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for _, file in _files(revision, "params") for key, value in _flat(file)}


def _files(revision: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files of a kind with what they hold; those that DVC could not read hold nothing."""
    for path, file in sorted(((revision.get("data") or {}).get(kind) or {}).items()):
        yield path, file.get("data") or {}


def _flat(block: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", "own" if value is None else str(value)
