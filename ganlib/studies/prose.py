"""Verdicts as sentences: always with scale and interval, and never "the report is right"."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ganlib.studies.outcomes import SIGNED, UNIT
from ganlib.studies.results import second_look_is_due
from ganlib.studies.study import Study
from ganlib.studies.verdict import LOOKS, SIDES, differences_outside

POINTS = " percentage points"


def sentence(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """The full sentence for a verdict of `results.judge`."""
    place = circumstances(study, found, dataset)
    return f"{place[0].upper()}{place[1:]}: {answer(study, found)}."


def circumstances(study: Study, found: Mapping[str, Any], dataset: str) -> str:
    """Scale, data set, steps, N and seeds. The demo sees no pictures, and always runs at its report's own scale."""
    of_curve = study.report == "curve"
    scale = "the report's own" if of_curve or found["scale"] == "full" else found["scale"]
    place = f"with {study.scale}" if study.scale else f"at {scale} scale"
    parts = [] if of_curve else [dataset]
    parts += ["about equal minutes" if study.equal == "minutes" else f"{found['steps']:,} steps"] if found["steps"] else []
    parts += [f"N = {found['samples']:,.0f}"] if found["samples"] else []
    seeds = [found[f"{arm}_seeds"] for arm in ("treatment", "control")] if "treatment_seeds" in found else [found["seeds"]]
    first, count = found["first_seed"], " and ".join(map(str, dict.fromkeys(seeds)))
    named = f"{count} seed{'s' if count != '1' else ''}" if first == 1 else f"seeds {first} to {first + seeds[0] - 1}"
    parts.append(named + ("" if study.treatment == study.control else " per arm"))
    return f"{place} ({', '.join(parts)})"


def answer(study: Study, found: Mapping[str, Any]) -> str:
    """The verdict, the effect with its interval, and the failed runs; these come first where they decide."""
    word, failures = found["verdict"], _failures(study, found)
    said = word
    if word == "not testable":
        said += f": {found['reason']}"
    elif word == "no verdict":
        said = f"no verdict at {found['seeds']} seeds, only at {' and '.join(map(str, LOOKS))}"
    elif second_look_is_due(found):
        said += f", and a second look at {LOOKS[-1]} seeds is due"
    elif word == "out of regime":
        said += f", so no answer{f' by {study.judged_by.label}' if found['failures_decide'] else ''}: {found['regime']}"
    if word != "not testable":
        said += f"; {_expected(study, found) if study.expected else _difference(study, found)}"
    return f"{failures.removeprefix('; ')}; {said}" if found["failures_decide"] else said + failures


def brief(study: Study, found: Mapping[str, Any]) -> str:
    """A comparison's effect and its interval in the fewest words: "12% nearer (3% to 20%)", or its failed runs where they decide."""
    if found["failures_decide"]:
        return _failed(found)
    if found["verdict"] == "not testable" or found["difference"] is None or found["without_number"]:
        return ""
    effect = Effect.of(study)
    return f"{effect.size(found['difference'])} ({effect.between(found['low'], found['high'])})"


def _difference(study: Study, found: Mapping[str, Any]) -> str:
    effect = Effect.of(study)
    if found["difference"] is None or found["without_number"]:
        return f"{study.judged_by.label} has no number in half or more of the runs of the {found['without_number']} arm"
    text = effect.sentence(study, found["difference"])
    text += f"{', by ranks' if found['of_medians'] else ''} ({_interval(found, effect)})"
    ends = [found["low"], found["high"]]
    if found["verdict"] in SIDES and None not in ends and max(map(abs, ends)) < found["margin"] and not study.as_good:
        text += ", less than the margin"
    if study.as_good:
        most = found["margin"] / (1 - found["margin"]) if found["of_excess"] else found["margin"]
        text += f"; as good means at most {effect.amount(most)} {effect.worse}"
    if "difference_ema" in found:
        text += f"; with the EMA generator {effect.size(found['difference_ema'])} ({_interval(found, effect, '_ema')})"
    if earlier := [of for of in found.get("along", ())[:-1] if of["difference"] is not None]:
        sizes = (f"{effect.size(of['difference'])} at step {of['step']:,}" for of in earlier)
        text += f"; before the end: {', '.join(sizes)}"
    return text


class Effect(NamedTuple):
    """How a difference is said: `amount` without a sign, and the words for a better and a worse treatment."""

    amount: Callable[[float], str]
    better: str
    worse: str
    of_faces: bool = False

    @classmethod
    def of(cls, study: Study) -> "Effect":
        outcome = study.judged_by
        if outcome.floor:
            return cls(_per_cent, "nearer", "farther", of_faces=True)
        amount = _per_cent if outcome.is_score else _points if outcome.limits in (UNIT, SIGNED) else _plain
        return cls(amount, *(("lower", "higher") if outcome.sign > 0 else ("higher", "lower")))

    def size(self, difference: float) -> str:
        if self.amount(difference) == self.amount(0.0):
            return "equally far" if self.of_faces else "equal"
        return f"{self.amount(difference)} {self.better if difference >= 0 else self.worse}"

    def sentence(self, study: Study, difference: float) -> str:
        side = "the end of training" if study.is_over_time else "the claim's side"
        if self.of_faces:
            size = self.size(difference)
            return f"{side} is {size} {'to' if size.endswith(self.better) else 'from'} real faces by {study.judged_by.label}"
        return f"{study.judged_by.label} is {self.size(difference)} on {side}"

    def between(self, low: float | None, high: float | None) -> str:
        """In ascending order: of the effect where both ends have its sign, else from worse to better."""
        if low is not None and low > 0:
            return f"{self.amount(low)} or more" if high is None else self._ascending(low, high)
        if high is not None and high < 0:
            return f"{self.amount(high)} or more" if low is None else self._ascending(high, low)
        ends = [(low, self.worse), (high, self.better)]
        return " to ".join(f"{'any amount' if end is None else self.amount(end)} {word}" for end, word in ends)

    def _ascending(self, least: float, most: float) -> str:
        return f"{self.amount(least).removesuffix(POINTS)} to {self.amount(most)}"


def _per_cent(value: float) -> str:
    return f"{abs(value):.0%}"


def _points(value: float) -> str:
    points = 100 * abs(value)
    return f"{points:.0f}{POINTS}" if points >= 9.95 else f"{points:.2g}{POINTS}"


def _plain(value: float) -> str:
    return f"{abs(value):.3g}"


def _interval(found: Mapping[str, Any], effect: Effect, of: str = "") -> str:
    low, high = found[f"low{of}"], found[f"high{of}"]
    if low is high is None:
        too_few = differences_outside(found["treatment_seeds"], found["control_seeds"]) is None
        return "too few runs for an interval" if too_few else "97.5% CI: any amount"
    return f"97.5% CI: {effect.between(low, high)}"


def _expected(study: Study, found: Mapping[str, Any]) -> str:
    low, high = found["low_expected"], found["high_expected"]
    wanted = f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"
    middle = "has no number" if found["difference"] is None else f"is {found['difference']:.4g}"
    ends = [found["low"], found["high"]]
    if ends == [None, None]:
        interval = "too few runs for an interval"
    else:
        interval = "97.5% CI: " + " to ".join("no number" if end is None else f"{end:.4g}" for end in ends)
    place = "in the median" if found["of_medians"] else "on average"
    return f"{study.judged_by.label} {middle} {place} ({interval}; expected: {wanted})"


def _failures(study: Study, found: Mapping[str, Any]) -> str:
    if not found["failed"]:
        return ""
    if study.treatment == study.control:
        return f"; {found['failed']} of {found['seeds']} runs failed"
    return f"; {_failed(found)}: {found['verdict_on_failures']} on failures"


def _failed(found: Mapping[str, Any]) -> str:
    treatment, control = (f"{found[f'{arm}_failed']} of {found[f'{arm}_seeds']}" for arm in ("treatment", "control"))
    return f"{treatment} runs failed against {control}"
