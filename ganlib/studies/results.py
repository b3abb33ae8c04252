"""The verdict of a study, which is derived from its table alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from ganlib.studies import outcomes, regime, verdict
from ganlib.studies.catalogue import FILE as CATALOGUE
from ganlib.studies.outcomes import Values
from ganlib.studies.runs import ALWAYS, check_table
from ganlib.studies.study import Study
from ganlib.studies.verdict import Verdict
from ganlib.support.errors import UserError

METRICS = ("verdict", "difference", "low", "high", "p", "p_trend", "seeds", "failed", "verdict_on_failures")

Arms = dict[str, Values]


def judge(study: Study, text: str) -> dict[str, Any]:
    """The verdict on a table (CSV), and the numbers behind it.

    `difference`, `low` and `high` are in units of the outcome; for a score they are shares of its excess over the floor, 0.1 if the
    treatment's is a tenth smaller. An expectation has its mean in place of a difference. If runs failed or have no value, arms are
    compared by ranks, and an expectation is of the median. An infinite bound is None. A UserError if no run has the outcome, or if runs
    are not comparable. A comparison with moments has `along`: the same three at each moment and at the end, which alone is judged.
    `answer` is the word to show: the verdict, or the verdict on failures if `failures_decide`.
    """
    try:
        table = pd.read_csv(StringIO(text))
    except (ValueError, pd.errors.ParserError) as error:  # an empty table is a ValueError
        raise UserError(f"no table: {' '.join(str(error).split())}") from None
    check_table(study, table)
    found = judged_rows(study, table)
    _check_outcome(study, found)
    runs = {str(name): of.groupby("seed")["status"].first() for name, of in found.groupby("trial")}
    failed = {name: int((~of.isin(lived(study))).sum()) for name, of in runs.items()}
    any_failed, is_score = any(failed.values()), study.judged_by.is_score
    judged: dict[str, Any] = {"verdict": "", "seeds": min(map(len, runs.values())), "failed": sum(failed.values())}
    if study.expected:
        values = found[study.outcome].to_numpy(float)
        of_medians = any_failed or not np.isfinite(values).all()
        answer = _expected(study.expected, values, of_medians)
        judged |= {"low_expected": study.expected[0], "high_expected": study.expected[1]}
    else:
        arms = arms_of(study, found)
        answer, of_medians, reason = _compared(study, found, arms, any_failed)
        judged |= {"reason": reason} if reason else {}
        judged["without_number"] = " and ".join(arm for arm, values in arms.items() if np.isfinite(values).mean() <= 0.5)
        judged |= {f"{arm}_median": _finite(float(np.median(values))) for arm, values in arms.items()}
        judged |= {f"{arm}_failed": failed[getattr(study, arm)] for arm in arms}
        judged |= {f"{arm}_seeds": len(values) for arm, values in arms.items()}
        if any_failed and study.treatment != study.control:
            sizes = len(arms["treatment"]), len(arms["control"])
            word, p = verdict.compare_failures(failed[study.treatment], failed[study.control], sizes)
            judged |= {"verdict_on_failures": word, "p_failures": p}
    if study.is_over_time and len(study.moments or ()) > 1 and not of_medians:
        judged["p_trend"] = verdict.trend(found.pivot_table(index="seed", columns="step", values=study.outcome).to_numpy())
    answer, decide, out_of_regime = _decided(study, found, answer, judged.get("verdict_on_failures", ""))
    judged |= {"regime": out_of_regime} if out_of_regime else {}
    in_logarithms = is_score and not study.expected
    interval = {key: in_units(getattr(answer, key), in_logarithms) for key in ("difference", "low", "high")}
    judged |= _of_average(study, found, any_failed)
    judged |= {"verdict": answer.word, **interval, "p": answer.p, "of_excess": in_logarithms, "of_medians": bool(of_medians)}
    judged |= {"failures_decide": decide, "answer": judged["verdict_on_failures"] if decide else answer.word}
    judged |= {} if study.expected else {"margin": in_units(study.judged_by.margin, in_logarithms)}
    judged["first_seed"] = int(found["seed"].min())
    reached, scored = found["step"].max(), found["samples"].max()  # blank for runs that diverged; the demo has no samples
    steps = 0 if math.isnan(reached) else int(reached)
    if study.moments and not study.is_over_time:
        earlier = (_along(study, table[table["step"] == step], step, any_failed) for step in study.moments)
        judged["along"] = [*earlier, {"step": steps, **interval}]
    return judged | {"steps": steps, "scale": found["scale"].iloc[0], "samples": _finite(scored)}


def second_look_is_due(judged: Mapping[str, Any]) -> bool:
    """Whether a study with this verdict is undecided after its first look."""
    return bool(judged["verdict"] == "cannot tell yet" and judged["seeds"] < verdict.LOOKS[-1] and judged["first_seed"] == 1)


def metrics(judged: dict[str, Any]) -> dict[str, Any]:
    """The columns that `dvc metrics` shows of a verdict."""
    return {key: judged[key] for key in METRICS if key in judged}


def per_seed(study: Study, text: str) -> dict[str, list[float | None]]:
    """The runs of each arm, in the units of `judge`, as differences from the middle of the control's; those without a value are left out.

    An expectation has the values of its `runs`.
    """
    found = judged_rows(study, pd.read_csv(StringIO(text)))
    if study.expected:
        return {"runs": [float(value) for value in found.sort_values("seed")[study.outcome].dropna()]}
    costs = [costs[np.isfinite(costs)] for costs in costs_of(study, found, arms_of(study, found))]
    middle = float(np.median(costs[1])) if len(costs[1]) else 0.0
    named = zip(("treatment", "control"), costs, strict=True)
    return {arm: [in_units(middle - float(cost), study.judged_by.is_score) for cost in of] for arm, of in named}


def judged_rows(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """All rows of a study over time, and else those of the end of each run."""
    return table if study.is_over_time else table[~table["step"].isin(study.moments or ())]


def _along(study: Study, found: pd.DataFrame, step: int, any_failed: bool) -> dict[str, Any]:
    """The effect with its interval at one moment, whose rows are `found`, by ranks if any run failed by its end."""
    answer, *_ = _compared(study, found, arms_of(study, found), any_failed)
    return {"step": step, **{key: in_units(getattr(answer, key), study.judged_by.is_score) for key in ("difference", "low", "high")}}


def _check_outcome(study: Study, found: pd.DataFrame) -> None:
    for name, of in found[found["status"] != "diverged"].groupby("trial"):
        if of[study.outcome].isna().all():
            raise UserError(
                f"{CATALOGUE}: outcome: no run of {name} has {study.outcome}: choose another metric in the figures.json of its scores;"
                " the trainings are kept"
            )


def _decided(study: Study, found: pd.DataFrame, answer: Verdict, on_failures: str) -> tuple[Verdict, bool, str]:
    """The verdict on the outcome, whether the one `on_failures` decides in its place, and what is out of regime.

    Failures decide where they take a side and the outcome takes none, or where the arm that fails is out of its regime, as failed runs
    are. Where both take a side and not the same, there is no answer.
    """
    if {answer.word, on_failures} == {*verdict.SIDES}:
        answer, on_failures = replace(answer, word="cannot tell yet"), ""
    failing = {"holds here": study.control, "the reverse here": study.treatment}.get(on_failures)
    problems = {} if answer.word in ("no verdict", "not testable") else regime.problems(study, found)
    takes_side = answer.word in verdict.SIDES and math.isfinite(answer.difference) and not problems
    decide = failing is not None and problems.keys() <= {failing} and not takes_side
    return replace(answer, word="out of regime") if problems else answer, decide, "; ".join(chain(*problems.values()))


def lived(study: Study) -> tuple[str, ...]:
    """How the runs ended that did not fail."""
    return ("lived", "collapsed") if study.judged_by.of_collapse else ("lived",)


def _expected(expected: list[float | None], values: Values, of_median: bool) -> Verdict:
    low, high = (unbounded if bound is None else bound for bound, unbounded in zip(expected, (-math.inf, math.inf), strict=True))
    outside = math.inf if math.isfinite(high) else -math.inf  # the value of a run without one
    return verdict.expect(np.where(np.isnan(values), outside, values), low, high, of_median=of_median)


def _compared(study: Study, found: pd.DataFrame, arms: Arms, any_failed: bool) -> tuple[Verdict, bool, str]:
    """The verdict, whether it is by ranks, and why the claim is not testable if it is not."""
    untestable = Verdict("not testable", 0.0, 0.0, 0.0, 1.0)
    if _unchanged(study, found, [study.outcome, *ALWAYS]):
        return untestable, False, "the setting changes nothing"
    if study.judged_by.is_score and _unchanged(study, found, [study.outcome]):
        return untestable, False, f"the setting does not change {study.judged_by.label}"
    values = np.concatenate([*arms.values()])
    if (values == 0).any() and np.nansum(np.abs(values)) == 0:
        return untestable, False, f"{study.judged_by.label} is 0 in both arms"
    treatment, control = costs_of(study, found, arms)
    by_ranks = any_failed or not np.isfinite(np.concatenate([treatment, control])).all()
    compare = verdict.compare_ranks if by_ranks else verdict.compare_paired if study.is_over_time else verdict.compare
    margin = study.judged_by.margin
    # At the floor, the true excesses may differ by any factor.
    at_the_floor = study.judged_by.is_score and _most_at_the_floor(np.concatenate([treatment, control]))
    if not study.as_good:
        return compare(treatment, control, 0.0 if at_the_floor else margin), by_ranks, ""
    allowed = compare(treatment, control + margin, 0.0)  # may be worse by the margin
    if at_the_floor and allowed.word == "holds here":
        allowed = replace(allowed, word="cannot tell yet")
    shifted = {key: getattr(allowed, key) - margin for key in ("difference", "low", "high")}
    return replace(allowed, **shifted), by_ranks, ""


def _most_at_the_floor(costs: Values) -> bool:
    """Whether the excess of most runs is below the standard error and was clipped to it (see `outcomes.costs`)."""
    return bool(np.mean(costs == costs.min()) > 0.5)


def _of_average(study: Study, found: pd.DataFrame, any_failed: bool) -> dict[str, float | None]:
    """The same for KID of the EMA generators, with its interval: `difference_ema`, ...; empty if half of an arm has none."""
    beside = study.model_copy(update={"outcome": "kid_ema", "as_good": None})
    if study.outcome != "kid" or study.is_over_time or "kid_ema" not in found or found.groupby("trial")["kid_ema"].count().min() == 0:
        return {}
    answer, *_ = _compared(beside, found, arms_of(beside, found), any_failed)
    if math.isinf(answer.difference):
        return {}
    return {f"{key}_ema": in_units(getattr(answer, key), True) for key in ("difference", "low", "high")}


def _unchanged(study: Study, found: pd.DataFrame, metrics: Sequence[str]) -> bool:
    """Whether the two trials have equal `metrics` at every seed that both have run."""
    metrics = [column for column in dict.fromkeys(metrics) if column in found]
    ours, theirs = (found[found["trial"] == name].set_index("seed")[metrics] for name in (study.treatment, study.control))
    seeds = ours.index.intersection(theirs.index)
    return study.treatment != study.control and not ours.loc[seeds].isna().all(axis=None) and ours.loc[seeds].equals(theirs.loc[seeds])


def arms_of(study: Study, found: pd.DataFrame) -> Arms:
    """The outcome (n,) by seed of both arms, which over time are the end and the first moment."""
    if study.moments and study.is_over_time:
        of = {"treatment": found[~found["step"].isin(study.moments)], "control": found[found["step"] == study.moments[0]]}
    else:
        of = {arm: found[found["trial"] == getattr(study, arm)] for arm in ("treatment", "control")}
    return {arm: some.sort_values("seed")[study.outcome].to_numpy(float) for arm, some in of.items()}


def costs_of(study: Study, found: pd.DataFrame, arms: Arms) -> tuple[Values, Values]:
    """The costs of both arms, with the floor and the standard error of the table `found`."""
    floor, error = found["floor"].dropna(), found.get("error", pd.Series(dtype=float)).dropna()
    # The smallest standard error is that of the run nearest to the floor, and so about the floor's.
    return outcomes.costs(study.judged_by, arms["treatment"], arms["control"], float(floor.mean() if len(floor) else 0), error.min())


def in_units(value: float, is_logarithm: bool) -> float | None:
    """None for an infinite value; a logarithm as the share by which the excess is smaller: log(1 / 0.9) is 0.1."""
    return None if math.isinf(value) else -math.expm1(-value) if is_logarithm else value


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
