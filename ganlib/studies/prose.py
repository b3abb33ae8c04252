"""Verdicts as sentences: always with scale and interval, and never "the report is right"."""

from collections.abc import Callable, Mapping
from typing import Any

from ganlib.studies.study import Study
from ganlib.studies.verdict import LOOKS, SIDES


def sentence(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """The full sentence for a verdict of `results.judge`."""
    return f"{circumstances(study, found, dataset)}: {answer(study, found)}."


def circumstances(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """Scale, data set, steps, N and seeds."""
    trained = f", {found['steps']:,} steps" if found["steps"] else ""
    scored = f", N = {found['samples']:,.0f}" if found["samples"] else ""
    seeds = f"{found['seeds']} seeds" + ("" if study.treatment == study.control else " per arm")
    return f"At {found['scale']} scale ({dataset}{trained}{scored}, {seeds})"


def answer(study: Study, found: Mapping[str, Any]) -> str:
    """The verdict, its interval, and the failed runs."""
    word, label = found["verdict"], study.judged_by.label
    if word == "not testable":
        return f"not testable, since {label} is 0 in both arms{_failures(study, found)}"
    words = {"no verdict": f"no verdict below 6 seeds, {found['seeds']} were run"}.get(word, word)
    text = f"{words}; {label} {_expected(found) if study.expected else _difference(found)}"
    if word == "supported" and not study.expected and found["high"] is not None and found["high"] < found["margin"]:
        text += ", less than the margin"
    failures = _failures(study, found)
    decide = found.get("verdict_on_failures") in SIDES and (word not in SIDES or found["difference"] is None)
    return f"{failures.removeprefix('; ')}; {text}" if decide else text + failures


def _difference(found: Mapping[str, Any]) -> str:
    if found["difference"] is None or found["without_number"]:
        return f"has no number in most runs of the {found['without_number']} arm"
    lead, show = ("above the floor is", _change) if found["of_excess"] else ("is better by", _plain)
    ranks = " by ranks" if found["of_medians"] else ""
    return f"{lead} {show(found['difference'])} in the treatment arm{ranks} ({_interval(found, show)})"


def _interval(found: Mapping[str, Any], show: Callable[[float | None], str]) -> str:
    low, high = found["low"], found["high"]
    if low is high is None and found["seeds"] < LOOKS[1]:
        return "too few runs for an interval"
    if show is _change and low is not None and high is not None and low * high > 0:
        return f"97.5% CI: {min(abs(low), abs(high)):.0%} to {_change(max(low, high, key=abs))}"
    return f"97.5% CI: {show(low)} to {show(high)}"


def _change(share: float | None) -> str:
    """0.17: 17 % lower; -0.2: 20 % higher; None: infinitely far."""
    return "unbounded" if share is None else f"{abs(share):.0%} {'lower' if share >= 0 else 'higher'}"


def _plain(difference: float | None) -> str:
    return "unbounded" if difference is None else f"{difference:+.3g}"


def _expected(found: Mapping[str, Any]) -> str:
    low, high = (found["low_expected"], found["high_expected"])
    wanted = f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    middle = f"is {_number(found['difference'])} {'in the median' if found['of_medians'] else 'on average'}"
    return f"{middle} ({_interval(found, _number)}; expected: {wanted})"


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"


def _failures(study: Study, found: Mapping[str, Any]) -> str:
    if not found["failed"]:
        return ""
    if study.treatment == study.control:
        return f"; {found['failed']} of {found['seeds']} runs failed"
    failed = [f"{found[f'{arm}_failed']} of {found[f'{arm}_seeds']}" for arm in ("treatment", "control")]
    return f"; {failed[0]} runs failed against {failed[1]}: {found['verdict_on_failures']} on failures"
