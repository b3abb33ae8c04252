"""A verdict in words: never "the report is right", always at which scale and within which bounds."""

from collections.abc import Callable, Mapping
from typing import Any

from ganlib.studies.study import Study
from ganlib.studies.verdict import LOOKS


def sentence(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """What a study found, whole."""
    return f"{circumstances(study, found, dataset)}: {answer(study, found)}."


def circumstances(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """At which scale, on which pictures and how many, for how long, over how many seeds."""
    trained = f", {found['steps']:,} steps" if found["steps"] else ""
    scored = f", N = {found['samples']:,.0f}" if found["samples"] else ""
    seeds = f"{found['seeds']} seeds" + ("" if study.better == study.than else " a side")
    return f"At {found['scale']} scale ({dataset}{trained}{scored}, {seeds})"


def answer(study: Study, found: Mapping[str, Any]) -> str:
    """The verdict, its interval, and what became of runs that failed."""
    word, outcome = found["verdict"], study.judged_by.words
    if word == "not testable":
        return f"not testable, since {outcome} is 0 on both sides{_failures(study, found)}"
    words = {"no verdict": f"no verdict below 6 seeds, {found['seeds']} were run"}.get(word, word)
    told = f"{words}; {outcome} {_expected(found) if study.expected else _difference(found)}"
    if word == "supported" and not study.expected and found["high"] is not None and found["high"] < found["margin"]:
        told += ", by less than matters"
    return told + _failures(study, found)


def _difference(found: Mapping[str, Any]) -> str:
    if found["difference"] is None:
        side = "the claim's" if found["without_number"] == "better" else "the other"
        return f"has no number in the median on {side} side"
    lead, tell = ("above the floor ", _change) if found["of_excess"] else ("better by ", _plain)
    middle = f"{lead}{tell(found['difference'])} on the claim's side" + (" in the median" if found["of_medians"] else "")
    return f"{middle}, {_interval(found, tell)}"


def _interval(found: Mapping[str, Any], tell: Callable[[float | None], str]) -> str:
    if found["low"] is found["high"] is None and found["seeds"] < LOOKS[1]:
        return "and so few runs give no interval of it"
    return f"between {tell(found['low'])} and {tell(found['high'])}"


def _change(share: float | None) -> str:
    """0.17: 17 % less; -0.2: 20 % more; None, infinitely far on either side: any amount."""
    return "any amount" if share is None else f"{abs(share):.0%} {'less' if share >= 0 else 'more'}"


def _plain(difference: float | None) -> str:
    return "any amount" if difference is None else f"{difference:+.3g}"


def _expected(found: Mapping[str, Any]) -> str:
    low, high = (found["low_expected"], found["high_expected"])
    wanted = f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    middle = f"is {_number(found['difference'])} {'in the median' if found['of_medians'] else 'on average'}"
    return f"{middle}, {_interval(found, _number)}, and expected is {wanted}"


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"


def _failures(study: Study, found: Mapping[str, Any]) -> str:
    if not found["failed"]:
        return ""
    if study.better == study.than:
        return f"; {found['failed']} of {found['seeds']} runs failed"
    counts = f"{found['better_failed']} of {found['seeds']} runs failed against {found['than_failed']} of {found['seeds']}"
    return f"; {counts}: {found['verdict_on_failures']} on failures"
