"""The studies' verdicts on the reports' claims, drawn as intervals on axes that equal scores share."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ganlib.core.tables import read_json
from ganlib.page.charts import short

FILE = Path("studies/claims.json")
WIDTH, EDGE, ROW = 340, 54, 18
STRIP, CHART = 24, 44  # the height of the interval's line, without and with a ring for each run
TOP, BOTTOM = 14, 104  # of the plot of effects
PICTURES = {"toons": "drawn faces", "celeba_preview": "photographs", "celeba_5000": "photographs"}  # of the data sets of studies
LETTER = 6  # about the width of a letter
ROWS = {"runs": -ROW, "treatment": -ROW, "control": ROW}  # of rings, from that line

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
    """The claims of all reports, each with its `command` and whether a result `holds`, and each result with `strip`, `chart` and `effects`.

    Empty if there is no file.
    """
    found = read_json(path)["claims"] if path.exists() else []
    ratios = [result for claim in found for result in claim.get("results", {}).values() if result.get("of_excess")]
    return [
        {
            **claim,
            "holds": any(result["holds"] for result in claim.get("results", {}).values()),
            "command": COMMANDS.get(claim["state"], "").format(" studies/dvc.yaml:study@".join(claim.get("pools", [claim["name"]]))),
            "results": [
                {
                    **result,
                    "pictures": PICTURES.get(dataset, dataset),
                    "strip": _interval(result, ratios if result.get("of_excess") else [result], rings=False),
                    "chart": _interval(result, ratios if result.get("of_excess") else [result], rings=True),
                    "effects": _effects(result),
                }
                for dataset, result in claim.get("results", {}).items()
            ],
        }
        for claim in found
    ]


def tricks(found: Sequence[Mapping[str, Any]], path: Path = FILE) -> tuple[list[str], list[dict[str, Any]]]:
    """The pictures on which tricks of "How to train a GAN" were tried, and the rows of their table; both are empty if none was.

    A row has `number`, `title`, `note`, and its `claims`, each with its result on each of the pictures, or None.
    """
    listed = read_json(path).get("tricks", []) if path.exists() else []
    by_name = {claim["name"]: claim for claim in found}
    of_trick = [[by_name[name] for name in trick.get("studies", ()) if name in by_name] for trick in listed]
    tried = {result["pictures"] for claims in of_trick for claim in claims for result in claim["results"]}
    places = [place for place in dict.fromkeys(PICTURES.values()) if place in tried]
    rows = [
        {
            "number": number,
            "title": trick["title"],
            "note": trick.get("note", "").replace("`", ""),
            "claims": [{**claim, "results": _by_place(claim, places)} for claim in claims],
        }
        for number, (trick, claims) in enumerate(zip(listed, of_trick, strict=True), 1)
    ]
    return places, rows if places else []


def _by_place(claim: Mapping[str, Any], places: Sequence[str]) -> list[Mapping[str, Any] | None]:
    return [next((result for result in claim["results"] if result["pictures"] == place), None) for place in places]


def tally(found: Sequence[Mapping[str, Any]]) -> str:
    """How many claims there are, how many were tested, and with which verdicts."""
    answers = Counter(result["answer"] for claim in found for result in claim["results"])
    tested, quoted = sum(bool(claim["results"]) for claim in found), sum("says" in claim and claim["at"].startswith("L") for claim in found)
    words = ", ".join(f"{count} ‘{answer}’" for answer, count in answers.most_common())
    return f"Of {len(found):,} claims, {quoted} of them quotations from the reports, {tested} were tested" + (
        f": {words}." if words else "."
    )


def processors(found: Sequence[Mapping[str, Any]]) -> str:
    """The processors of all trials."""
    return ", ".join(dict.fromkeys(name for claim in found for result in claim["results"] for name in result.get("processors", ())))


def untested(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The claims without a verdict, by state."""
    groups = [(words, [claim for claim in found if claim["state"] == state]) for state, words in STATES.items()]
    return [(words, group) for words, group in groups if group]


def _interval(result: Mapping[str, Any], together: Sequence[Mapping[str, Any]], *, rings: bool) -> Markup:
    """A result as inline SVG: its interval with the values at both ends, and the estimate, on the axis of the results `together`.

    The axis of ratios is logarithmic: half as far and twice as far from real faces are equally far from 0. A comparison has the margin
    shaded around 0, and what lies to the right favours the claim, so values have no sign; an expectation has the expected range shaded.
    With `rings`, each run is one: the treatment's above the interval, the control's below it.
    """
    low, high, middle = (result.get(key) for key in ("low", "high", "difference"))
    values = [_position(value, result) for each in together for value in _values(each, rings=rings)]
    if not values:
        return Markup("")
    padding = ((max(values) - min(values)) or 1.0) * 0.03
    first, last = min(values) - padding, max(values) + padding

    def x(value: float) -> float:
        return round(float(EDGE + (WIDTH - 2 * EDGE) * (_position(value, result) - first) / (last - first)), 1)

    line, expected, is_comparison = (CHART if rings else STRIP), _expected(result), "low_expected" not in result
    above, below = (line - 28, line + 28) if rings else (line - 9, line + 9)
    height = below + (1 if is_comparison and not rings else 18)
    parts = []
    if any(end is not None for end in expected):
        left, right = (limit if end is None else x(end) for end, limit in zip(expected, (EDGE, WIDTH - EDGE), strict=True))
        parts.append(f'<rect class="margin" x="{left}" y="{above}" width="{right - left:.1f}" height="{below - above}"/>')
    parts.append(f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{line}" y2="{line}"/>')
    if is_comparison:
        parts.append(f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="{above}" y2="{below}"/>')
        parts += [_text(EDGE, below + 14, "← against the claim"), _text(WIDTH - EDGE, below + 14, "for it →", "end")] if rings else []
    else:
        ends = " to ".join(short(end) for end in expected if end is not None)
        words = f"expected {ends}" if None not in expected else f"expected at {'least' if expected[1] is None else 'most'} {ends}"
        half = LETTER * len(words) / 2
        parts.append(_text(min(max((left + right) / 2, half), WIDTH - half), below + 14, words, "middle"))
    if low is not None and high is not None:
        parts.append(f'<line class="interval" x1="{x(low)}" x2="{x(high)}" y1="{line}" y2="{line}"/>')
        parts.append(_text(x(low) - 7, line + 4, _number(low, result), "end") + _text(x(high) + 7, line + 4, _number(high, result)))
    if middle is not None:
        parts.append(f'<path class="estimate" d="M{x(middle)} {line - 6}l6 6l-6 6l-6 -6z"/>')
        parts.append(
            f'<text class="value" x="{x(middle)}" y="{line - 12 - rings * 22}" text-anchor="middle">{_number(middle, result)}</text>'
        )
    if rings:
        for arm, of in result["per_seed"].items():
            places = [x(value) for value in of if value is not None]
            parts += [f'<circle class="seed {arm}" cx="{place}" cy="{line + ROWS[arm]}" r="4.5"/>' for place in places]
    return Markup(f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(result["sentence"])}">{"".join(parts)}</svg>')


def _effects(result: Mapping[str, Any]) -> Markup:
    """The effect along the training as inline SVG: its line over the band of the intervals, with steps and values at both ends.

    Above the dotted line at 0 the results favour the claim. The band ends at the plot's edge where an interval is open. Empty if the
    study has no moments.
    """
    along = [of for of in result.get("along", ()) if of["difference"] is not None]
    if len(along) < 2:
        return Markup("")
    values = [0.0, *(_position(value, result) for of in along for key, value in of.items() if key != "step" and value is not None)]
    first, last = min(values), max(values)

    def x(step: float) -> float:
        return round(float(EDGE + (WIDTH - 2 * EDGE) * (step - along[0]["step"]) / (along[-1]["step"] - along[0]["step"])), 1)

    def y(value: float) -> float:
        return round(float(TOP + (BOTTOM - TOP) * (last - _position(value, result)) / ((last - first) or 1.0)), 1)

    line = [f"{x(of['step'])} {y(of['difference'])}" for of in along]
    upper, lower = (
        [f"{x(of['step'])} {limit if of[end] is None else y(of[end])}" for of in along] for end, limit in (("high", TOP), ("low", BOTTOM))
    )
    parts = [f'<path class="band" d="M{"L".join([*upper, *reversed(lower)])}Z"/>']
    parts.append(f'<line class="zero" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y(0)}" y2="{y(0)}"/>')
    parts.append(f'<path class="effect" d="M{"L".join(line)}"/>')
    for of, anchor, aside in ((along[0], "end", -7), (along[-1], "start", 7)):
        parts.append(_text(x(of["step"]) + aside, y(of["difference"]) + 4, _number(of["difference"], result), anchor))
        parts.append(_text(x(of["step"]), BOTTOM + 16, f"step {of['step']:,}", "middle"))
    words = f"The effect from step {along[0]['step']:,} to step {along[-1]['step']:,}"
    return Markup(f'<svg viewBox="0 0 {WIDTH} {BOTTOM + 20}" role="img" aria-label="{words}">{"".join(parts)}</svg>')


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _expected(result: Mapping[str, Any]) -> list[float | None]:
    """Both ends of the shaded range: what is expected or, of a comparison, the margin; None where it is open."""
    if "low_expected" in result:
        return [result["low_expected"], result["high_expected"]]
    if not (margin := result.get("margin")):
        return [None, None]
    return [-margin / (1 - margin) if result.get("of_excess") else -margin, margin]


def _values(result: Mapping[str, Any], *, rings: bool) -> list[float]:
    """Everything that a result's drawing must have room for."""
    values = [result.get("low"), result.get("high"), result.get("difference"), *_expected(result)]
    values += [value for of in result["per_seed"].values() for value in of] if rings else []
    values += [] if "low_expected" in result else [0.0]
    return [value for value in values if value is not None]


def _position(value: float, result: Mapping[str, Any]) -> float:
    """Where a value is on its axis; of a ratio, how much nearer to real faces, at the logarithm."""
    return -math.log1p(-value) if result.get("of_excess") else value


def _number(value: float, result: Mapping[str, Any]) -> str:
    """A value for display: without its sign in a comparison, and ratios of a score's excess over the floor in per cent."""
    value = value if "low_expected" in result else abs(value)
    return f"{100 * value:.0f}%" if result.get("of_excess") else short(value)
