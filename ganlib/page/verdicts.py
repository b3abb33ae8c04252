"""The studies' verdicts, out of docs/claims.json, and each as dots of its seeds, an interval and a margin on one line."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ganlib.page.charts import short

FILE = Path("docs/claims.json")
WIDTH, LINE, EDGE = 360, 40, 14

STATUSES = {
    "run": "tested",
    "ready": "can be tested with one command",
    "needs": "needs a setting or a figure that is not there",
    "not testable": "cannot be tested",
}


def claims(path: Path = FILE) -> list[Mapping[str, Any]]:
    """Every claim of the reports; none where there is no file."""
    return json.loads(path.read_text())["claims"] if path.exists() else []


def summary(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many claims have each verdict, and how many of the others have each status, both in falling number."""
    verdicts = Counter(claim["verdict"]["verdict"] for claim in found if claim["verdict"])
    statuses = Counter(STATUSES[claim["status"]] for claim in found if not claim["verdict"])
    return [*verdicts.most_common(), *statuses.most_common()]


def untested(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The claims without a verdict, by their status."""
    groups = [
        (words, [claim for claim in found if not claim["verdict"] and claim["status"] == status]) for status, words in STATUSES.items()
    ]
    return [(words, group) for words, group in groups if group]


def dots(verdict: Mapping[str, Any]) -> list[float]:
    """A value of each seed: how much better the claim's side is where there are two as long, else the values of the only one."""
    sides = [side["values"] for side in verdict["sides"]]
    if len(sides) == 2 and len(sides[0]) == len(sides[1]):
        return [than - better for better, than in zip(*sides, strict=True)]
    return sides[0] if len(sides) == 1 else []


def chart(verdict: Mapping[str, Any]) -> Markup:
    """The verdict as inline SVG: zero dotted, the margin around it shaded, above the line a ring for each seed."""
    margin, low, high, estimate = (verdict[key] for key in ("margin", "low", "high", "estimate"))
    seeds = dots(verdict)
    values = [*seeds, *(value for value in (low, high, estimate) if value is not None), 0.0]
    values += [-margin, margin] if margin else []
    first, last = min(values), max(values)
    room = ((last - first) or 1.0) * 0.06
    first, last = first - room, last + room

    def across(value: float) -> str:
        return f"{EDGE + (WIDTH - 2 * EDGE) * (value - first) / (last - first):.1f}"

    parts = [f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{LINE}" y2="{LINE}"/>']
    if margin:
        parts.insert(
            0,
            f'<rect class="margin" x="{across(-margin)}" y="8" width="{float(across(margin)) - float(across(-margin)):.1f}" height="44"/>',
        )
        parts += [f'<text x="{across(end)}" y="68" text-anchor="middle">{sign}</text>' for end, sign in _ends(margin, first, last)]
    parts.append(
        f'<line class="zero" x1="{across(0)}" x2="{across(0)}" y1="8" y2="52"/><text x="{across(0)}" y="68" text-anchor="middle">0</text>'
    )
    if len(verdict["sides"]) == 2:
        parts.append(f'<text x="{EDGE}" y="84">← against the claim</text><text x="{WIDTH - EDGE}" y="84" text-anchor="end">for it →</text>')
    if low is not None and high is not None:
        parts.append(f'<line class="interval" x1="{across(low)}" x2="{across(high)}" y1="{LINE}" y2="{LINE}"/>')
    if estimate is not None:
        parts.append(f'<path class="estimate" d="M{across(estimate)} {LINE - 7}l6 7l-6 7l-6 -7z"/>')
    parts += [f'<circle class="seed" cx="{across(value)}" cy="{LINE - 18}" r="4.5"/>' for value in seeds]
    return Markup(f'<svg viewBox="0 0 {WIDTH} 90" role="img" aria-label="{escape(words(verdict))}">{"".join(parts)}</svg>')


def words(verdict: Mapping[str, Any]) -> str:
    """The chart in words."""
    unit = f" {verdict['unit']}" if verdict["unit"] else ""
    text = ""
    if verdict["estimate"] is not None:
        text = f"estimate {short(verdict['estimate'])}{unit}"
    if verdict["low"] is not None:
        text += f", interval {short(verdict['low'])} to {short(verdict['high'])}"
    if verdict["margin"]:
        text += f", margin {short(verdict['margin'])}"
    return f"{text}; {verdict['seeds']} seeds".removeprefix("; ")


def _ends(margin: float, first: float, last: float) -> list[tuple[float, str]]:
    """The margin's ends and their labels, where these do not touch the label of zero."""
    if 2 * margin / (last - first) < 0.24:
        return []
    return [(-margin, short(-margin)), (margin, short(margin))]
