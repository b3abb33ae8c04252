"""What a run's figures say in words: its diagnosis, as docs/reading-a-run.md describes it, and its place among other trainings."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from ganlib.page.glossary import entry
from ganlib.page.spread import Spread

COLLAPSED = 0.05  # diversity
SURE = 0.95  # accuracy of a D that wins, as in the regimes of studies


class Diagnosis(NamedTuple):
    """A word of docs/reading-a-run.md, what it is concluded from, and whether the run needs care; `setting` is what to make smaller."""

    word: str
    reason: str
    care: bool = False
    setting: str = ""


def diagnosis(log: Mapping[str, Sequence[float]], steps: int) -> Diagnosis | None:
    """The diagnosis of a training of `steps` steps from its log; None if the log says nothing about it.

    Collapsed: so in a tenth of the log's rows, or at the end. Saturated: for a tenth of the steps. Values at the end are of the log's last
    tenth.
    """
    if not log.get("diversity"):
        return None
    rows = len(log["step"])
    end = slice(-max(1, rows // 10), None)
    collapsed, saturated = (log[name][-1] if name in log else 0 for name in ("collapsed", "saturated"))
    if collapsed >= rows / 10 or min(log["diversity"][end]) < COLLAPSED:
        below = f", and was below {COLLAPSED} in {collapsed:,.0f} of {rows:,} rows of the log" if collapsed else ""
        return Diagnosis("collapsed", f"the diversity is {fmean(log['diversity'][end]):.2f}{below}", care=True, setting="lr_g")
    if saturated >= steps / 10:
        return Diagnosis("saturated", f"for {saturated:,.0f} of {steps:,} steps, D is right about every picture", care=True, setting="lr_d")
    if "d_accuracy" not in log:
        return Diagnosis("healthy", "no sign of a collapse")
    right = fmean(log["d_accuracy"][end])
    reason = f"D is right about {right:.0%} of the pictures"
    return Diagnosis("D wins", reason, setting="lr_d") if right > SURE else Diagnosis("healthy", reason)


def place(value: float, spread: Spread) -> tuple[bool, str]:
    """Whether the KID `value` is in the range of other trainings, at the precision that is shown, and this in words."""
    shown, low, high = (entry("kid").format(number) for number in (value, spread.low, spread.high))
    within = float(low) <= float(shown) <= float(high)
    return within, f"{'within' if within else 'outside'} the range of {len(spread.values)} other trainings, {low} to {high}"


def finding(scored: Sequence[Mapping[str, Any]]) -> str:
    """The results of several reports in one sentence; `scored` are the page's views of them."""
    if not scored:
        return "Nothing has been scored yet."
    best = min(scored, key=lambda report: float(report["figures"]["kid"]))
    kid = entry("kid").format(best["figures"]["kid"])
    text = f"Lowest KID: {best['name']}, {kid}." if len(scored) > 1 else f"{best['name']}: KID {kid}."
    ill = [f"{each['name']} {each['diagnosis'].word}" for each in scored if each["diagnosis"] and each["diagnosis"].care]
    known = [each["place"] for each in scored if each["place"]]
    within = f"{sum(inside for inside, _ in known)} of {len(known)} within the range of other trainings" if known else ""
    rest = "; ".join(filter(None, [", ".join(ill), within]))
    return f"{text} {rest}." if rest else text
