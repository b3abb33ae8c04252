"""DVC's experiments as a table: what `dvc exp show` knows, with the values that are not the workspace's marked."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ganlib.errors import UserError
from ganlib.glossary import term

SHOWN = ("kid", "fid")
COMMAND = [sys.executable, "-m", "dvc", "exp", "show", "--json"]


def table() -> dict[str, Any]:
    """A `header` and `rows`, each with its name and its cells: a text, and whether it is other than the first row's."""
    told = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 (no part of it is anyone's input)
    if told.returncode:
        last = (told.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"--experiments: `dvc exp show` failed: {last}")
    return tabulate(json.loads(told.stdout))


def tabulate(revisions: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What `dvc exp show --json` gives as a table: the parameters that differ anywhere, then each report's scores."""
    found = list(_experiments(revisions))
    columns = {name: None for _, values in found for name in values}
    names = [
        name for name in columns if len({str(values.get(name)) for _, values in found}) > 1 or name.endswith(tuple(map(str.upper, SHOWN)))
    ]
    first = found[0][1] if found else {}
    rows = [
        {"name": name, "cells": [(values.get(key, "\N{EN DASH}"), values.get(key) != first.get(key)) for key in names]}
        for name, values in found
    ]
    return {"header": ["experiment", *names], "rows": rows}


def _experiments(revisions: list[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each revision that has results, the workspace first, with its values as texts by column."""
    for revision in revisions:
        yield revision.get("name") or revision["rev"][:7], _values(revision)
        for experiment in revision.get("experiments") or ():
            for run in experiment["revs"]:
                yield run.get("name") or run["rev"][:7], _values(run)


def _values(revision: Mapping[str, Any]) -> dict[str, str]:
    data = revision.get("data") or {}
    parameters = {}
    for file in (data.get("params") or {}).values():
        parameters |= dict(_flat(file.get("data") or {}))
    scores = {}
    for path, file in sorted((data.get("metrics") or {}).items()):
        report = path.removeprefix("metrics/").removesuffix(".json")
        scores |= {f"{report} {key.upper()}": term(key).write(file["data"][key]) for key in SHOWN if key in (file.get("data") or {})}
    return parameters | scores


def _flat(block: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", "own" if value is None else str(value)
