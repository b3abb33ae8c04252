"""What is known of two runs side by side, and what may be said of one run each. Imports no torch."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy import stats

from ganlib import params
from ganlib.compare.pairs import Pair
from ganlib.core.tables import read_yaml
from ganlib.models.registry import settings_of
from ganlib.page.collect import NOT_SHOWN
from ganlib.page.glossary import SCORES, entry
from ganlib.page.spread import Spread, spreads
from ganlib.support import checks, paths
from ganlib.use import information
from ganlib.use.export.licence import restrictions
from ganlib.use.runs import Run

# If one of these differs, scores cannot be compared.
SAME = {"dataset": "data set", "samples": "N"} | {key: key for key in ("pictures", "split", "scale", "protocol", "crop")}
LEVEL = 0.95


def collect(pair: Pair) -> dict[str, Any]:
    """The differing settings, the scores and the sentences of a pair."""
    runs = pair.before, pair.after
    before, after = (_scores(run) for run in runs)
    changed = _changed(*(_config(run) for run in runs))
    spread = spreads(before or {}, pair.after.name).get("kid") if pair.before.name == pair.after.name else None
    return {
        "name": pair.name,
        "names": pair.names,
        "same_z": len({(run.settings.prior, run.settings.latent_size) for run in runs}) == 1,
        "changed": changed,
        "scores": [*_table(before, after, settings_of(pair.after.name).headline)] if before and after else [],
        "said": said(pair.name, before, after, spread),
        "command": _command(pair, changed, after),
        "restrictions": list(dict.fromkeys(line for run in runs for line in restrictions(information.describe(run)))),
    }


def said(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, spread: Spread | None) -> str:
    """What a difference of KID between one run each says, by how far trainings with other seeds lie apart.

    Two trainings with equal settings differ by their seeds alone: with probability LEVEL by less than a factor, that of the prediction
    interval for the difference of the logarithms of two scores, which have the spread of the recorded trainings.
    """
    if not before or not after:
        return "Not both are scored, so their KIDs cannot be compared."
    if different := [word for key, word in SAME.items() if before.get(key) != after.get(key)]:
        return f"The scores differ in {', '.join(different)}, so they cannot be compared."
    kid = entry("kid")
    first, last = before["kid"], after["kid"]
    text = f"KID goes from {kid.format(first)} to {kid.format(last)}"
    known = spread.values if spread else ()
    if len(known) < 2 or min(*known, first, last) <= 0:
        return f"{text}. How much seeds alone bring is not recorded for {name}, so one run each does not say whether the change matters."
    deviation = float(np.std(np.log(known), ddof=1))
    factor = math.exp(stats.t.ppf((1 + LEVEL) / 2, len(known) - 1) * deviation * math.sqrt(2))
    ratio = last / first
    text += f", {abs(ratio - 1):.0%} {'lower' if ratio < 1 else 'higher'}. By their seeds alone, two trainings of {name} differ by up to"
    text += f" {factor - 1:.0%} ({len(known)} recorded trainings: {kid.format(min(known))} to {kid.format(max(known))})"
    if max(ratio, 1 / ratio) <= factor:
        return f"{text}: one run each does not show that the change matters."
    return f"{text}: the change does more than that, but one run each does not say how much."


def _config(run: Run) -> dict[str, Any]:
    file = run.get(paths.outputs(run.name).run / "config.yaml")
    return {**(read_yaml(file) if file else {}), **run.settings.model_dump(mode="json")}


def _scores(run: Run) -> dict[str, Any] | None:
    found = information.scores(run)
    return None if found is None or "stale" in found else {**found, "crop": run.settings.crop}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    keys = [key for key in dict.fromkeys((*before, *after)) if key not in NOT_SHOWN]
    return [(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def _table(before: Mapping[str, Any], after: Mapping[str, Any], headline: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Each score that both have: its name with its floor, and both values with their intervals."""
    for key in (key for key in dict.fromkeys((*SCORES, *headline)) if key in before and key in after and not isinstance(after[key], str)):
        of = entry(key)
        sides = (
            of.format(found[key])
            + (f" ({of.format(found[f'{key}_low'])} to {of.format(found[f'{key}_high'])})" if f"{key}_low" in found else "")
            for found in (before, after)
        )
        yield of.name + (f", floor {of.format(after[f'{key}_floor'])}" if f"{key}_floor" in after else ""), *sides


def _command(pair: Pair, changed: list[tuple[str, Any, Any]], scores: Mapping[str, Any] | None) -> str:
    """The `ganlib try` that answers with several seeds; empty if the runs differ in other things than settings of one report."""
    report, fields = pair.after.name, settings_of(pair.after.name).model_fields
    keys = [key for key, _, _ in changed]
    if not checks.FILE.exists() or pair.before.name != report or not keys or not scores or any(key not in fields for key in keys):
        return ""
    return "ganlib try " + " ".join(f"-S '{params.block_of(report, key)}.{key}={json.dumps(value)}'" for key, _, value in changed)
