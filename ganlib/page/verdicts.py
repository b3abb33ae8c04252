"""The studies' verdicts on the reports' claims, each drawn on one axis: a ring per run, the confidence interval and the margin."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ganlib.core.tables import read_json
from ganlib.page.charts import short

FILE = Path("studies/claims.json")
WIDTH, LINE, EDGE, ROW = 360, 36, 14, 18
ROWS = {"runs": -ROW, "treatment": -ROW, "control": ROW}  # of rings, from the interval

STATES = {
    "declared": "declared, not run yet",
    "ready": "in studies/catalogue.yaml, ready to be declared and run",
    "needs": "waiting for a setting or a metric that does not exist",
    "done": "part of another claim, or of every run",
    "not_testable": "not testable",
}
"""The states of claims without a verdict."""

STUDY = "ganlib repro studies/dvc.yaml:study@{}"
COMMANDS = {"tested": STUDY, "declared": STUDY}


def claims(path: Path = FILE) -> list[dict[str, Any]]:
    """The claims of all reports with their `command`, and `chart` and `numbers` of each result; empty if there is no file."""
    found = read_json(path) if path.exists() else []
    return [
        {
            **claim,
            "command": COMMANDS.get(claim["state"], "").format(claim["name"]),
            "results": [
                {**result, "chart": chart(result), "numbers": numbers(result, dataset)}
                for dataset, result in claim.get("results", {}).items()
            ],
        }
        for claim in found
    ]


def tally(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """The number of verdicts of each kind, then of claims in each other state, both in descending order."""
    verdicts = Counter(result["verdict"] for claim in found for result in claim["results"])
    states = Counter(STATES[claim["state"]] for claim in found if not claim["results"])
    return [*verdicts.most_common(), *states.most_common()]


def untested(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The claims without a verdict, by state."""
    groups = [(words, [claim for claim in found if claim["state"] == state]) for state, words in STATES.items()]
    return [(words, group) for words, group in groups if group]


def chart(result: Mapping[str, Any]) -> Markup:
    """A result as inline SVG, with a ring for each run: the treatment's above the interval, the control's below it.

    A comparison has the margin shaded around 0, and positive values favour the claim; an expectation has the expected range shaded.
    """
    low, high, middle = (result.get(key) for key in ("low", "high", "difference"))
    seeds = {arm: [value for value in of if value is not None] for arm, of in result["per_seed"].items()}
    expected = [result.get(key) for key in ("low_expected", "high_expected")]
    is_comparison = "low_expected" not in result
    if is_comparison and result.get("margin"):
        expected = [-result["margin"], result["margin"]]
    marks = [0.0] if is_comparison else []
    values = [
        value for value in (*(value for of in seeds.values() for value in of), low, high, middle, *expected, *marks) if value is not None
    ]
    if not values:
        return Markup("")
    padding = ((max(values) - min(values)) or 1.0) * 0.06
    first, last = min(values) - padding, max(values) + padding

    def x(value: float) -> float:
        return round(float(EDGE + (WIDTH - 2 * EDGE) * (value - first) / (last - first)), 1)

    parts = []
    if any(end is not None for end in expected):
        left, right = (x(end if end is not None else limit) for end, limit in zip(expected, (first, last), strict=True))
        parts.append(f'<rect class="margin" x="{left}" y="8" width="{right - left:.1f}" height="56"/>')
    parts.append(f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{LINE}" y2="{LINE}"/>')
    if is_comparison:
        parts.append(f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="8" y2="64"/>')
        parts.append(f'<text x="{EDGE}" y="96">← against the claim</text><text x="{WIDTH - EDGE}" y="96" text-anchor="end">for it →</text>')
    labels = sorted({*marks, *(end for end in expected if end is not None)})
    fit = all(x(after) - x(before) > 44 for before, after in pairwise(labels))
    shown = labels if fit else marks or labels[:1]
    parts += [f'<text x="{x(at)}" y="78" text-anchor="middle">{_number(at, result)}</text>' for at in shown]
    if low is not None and high is not None:
        parts.append(f'<line class="interval" x1="{x(low)}" x2="{x(high)}" y1="{LINE}" y2="{LINE}"/>')
    if middle is not None:
        parts.append(f'<path class="estimate" d="M{x(middle)} {LINE - 7}l6 7l-6 7l-6 -7z"/>')
    for arm, of in seeds.items():
        parts += [f'<circle class="seed {arm}" cx="{x(value)}" cy="{LINE + ROWS[arm]}" r="4.5"/>' for value in of]
    return Markup(f'<svg viewBox="0 0 {WIDTH} 102" role="img" aria-label="{escape(result["sentence"])}">{"".join(parts)}</svg>')


def numbers(result: Mapping[str, Any], dataset: str) -> str:
    """The estimate, its interval, the margin, and the seeds, data set and processors of the runs."""
    middle, low, high = (result.get(key) for key in ("difference", "low", "high"))
    parts = [] if middle is None else [f"{'mean' if 'low_expected' in result else 'difference'} {_number(middle, result)}"]
    if low is not None and high is not None:
        parts.append(f"97.5% interval {_number(low, result)} to {_number(high, result)}")
    if result.get("margin"):
        parts.append(f"margin {_number(result['margin'], result)}")
    seeds = f"{result['seeds']} seeds on {dataset}, scale {result['scale']}"
    return "; ".join([", ".join(parts), seeds, *result.get("processors", ())]).removeprefix("; ")


def _number(value: float, result: Mapping[str, Any]) -> str:
    """Ratios of a score's excess over the floor in per cent, other values unchanged."""
    return short(100 * round(value, 2)) + "%" if result.get("of_excess") and value else short(value)
