"""The studies' verdicts, out of docs/claims.json, and each as dots of its seeds, an interval and a margin on one line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ganlib.core.tables import read_json
from ganlib.page.charts import short

FILE = Path("docs/claims.json")
WIDTH, LINE, EDGE = 360, 40, 14

STATES = {
    "declared": "declared, and not run yet",
    "ready": "in the catalogue, to be tested with two commands",
    "needs": "waiting for a setting or a figure that is not there",
    "done": "part of another claim, or of every run",
    "not_testable": "not testable",
}
"""Of claims that no study has tested."""

STUDY = "dvc repro studies/dvc.yaml:study@{}"
COMMANDS = {"tested": STUDY, "declared": STUDY, "ready": "ganlib declare {0} && " + STUDY.replace("{}", "{0}")}


def claims(path: Path = FILE) -> list[dict[str, Any]]:
    """Every claim of the reports, with its `command` and each result with its `chart` and its `numbers`; none where there is no file."""
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
    """How many verdicts there are of each kind, and how many claims in each other state, both in falling number."""
    verdicts = Counter(result["verdict"] for claim in found for result in claim["results"])
    states = Counter(STATES[claim["state"]] for claim in found if not claim["results"])
    return [*verdicts.most_common(), *states.most_common()]


def untested(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The claims without a verdict, by their state."""
    groups = [(words, [claim for claim in found if claim["state"] == state]) for state, words in STATES.items()]
    return [(words, group) for words, group in groups if group]


def chart(result: Mapping[str, Any]) -> Markup:
    """A result as inline SVG: what would refute or support the claim is shaded, above the line a ring for each seed.

    Of a comparison that is the margin around 0, and right of it the claim's side is better; of an expectation the range expected.
    """
    low, high, middle, seeds = (result.get(key) for key in ("low", "high", "difference", "dots"))
    expected = [result.get(key) for key in ("low_expected", "high_expected")]
    is_comparison = "low_expected" not in result
    if is_comparison and result.get("margin"):
        expected = [-result["margin"], result["margin"]]
    marks = [0.0] if is_comparison else []
    values = [value for value in (*(seeds or ()), low, high, middle, *expected, *marks) if value is not None]
    if not values:
        return Markup("")
    room = ((max(values) - min(values)) or 1.0) * 0.06
    first, last = min(values) - room, max(values) + room

    def across(value: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * (value - first) / (last - first), 1)

    parts = []
    if any(end is not None for end in expected):
        left, right = (across(end if end is not None else beyond) for end, beyond in zip(expected, (first, last), strict=True))
        parts.append(f'<rect class="margin" x="{left}" y="8" width="{right - left:.1f}" height="44"/>')
    parts.append(f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{LINE}" y2="{LINE}"/>')
    if is_comparison:
        parts.append(f'<line class="zero" x1="{across(0)}" x2="{across(0)}" y1="8" y2="52"/>')
        parts.append(f'<text x="{EDGE}" y="86">← against the claim</text><text x="{WIDTH - EDGE}" y="86" text-anchor="end">for it →</text>')
    labels = sorted({*marks, *(end for end in expected if end is not None)})
    apart = all(across(after) - across(before) > 44 for before, after in pairwise(labels))
    shown = labels if apart else marks or labels[:1]
    parts += [f'<text x="{across(at)}" y="68" text-anchor="middle">{_told(at, result)}</text>' for at in shown]
    if low is not None and high is not None:
        parts.append(f'<line class="interval" x1="{across(low)}" x2="{across(high)}" y1="{LINE}" y2="{LINE}"/>')
    if middle is not None:
        parts.append(f'<path class="estimate" d="M{across(middle)} {LINE - 7}l6 7l-6 7l-6 -7z"/>')
    parts += [f'<circle class="seed" cx="{across(value)}" cy="{LINE - 18}" r="4.5"/>' for value in seeds or ()]
    return Markup(f'<svg viewBox="0 0 {WIDTH} 92" role="img" aria-label="{escape(result["sentence"])}">{"".join(parts)}</svg>')


def numbers(result: Mapping[str, Any], dataset: str) -> str:
    """The interval, the margin, and where and on what the runs were made."""
    middle, low, high = (result.get(key) for key in ("difference", "low", "high"))
    parts = [] if middle is None else [f"{'mean' if 'low_expected' in result else 'difference'} {_told(middle, result)}"]
    if low is not None and high is not None:
        parts.append(f"97.5% interval {_told(low, result)} to {_told(high, result)}")
    if result.get("margin"):
        parts.append(f"margin {_told(result['margin'], result)}")
    seeds = f"{result['seeds']} seeds on {dataset}, scale {result['scale']}"
    return "; ".join([", ".join(parts), seeds, *result.get("processors", ())]).removeprefix("; ")


def _told(value: float, result: Mapping[str, Any]) -> str:
    """A share of a score's excess in per cent, anything else as it is."""
    return short(100 * round(value, 2)) + "%" if result.get("of_excess") and value else short(value)
