"""What the trials of a study came to: a row for each, and the verdict that is taken from the rows alone."""

import math
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganlib.core.tables import read_csv, read_json
from ganlib.studies import outcomes, places, verdict
from ganlib.studies.declarations import FILE
from ganlib.studies.study import Study
from ganlib.studies.verdict import Verdict
from ganlib.support.errors import UserError

ALWAYS = ("kid", "fid", "precision", "recall", "density", "coverage", "diversity", "d_accuracy", "d_score", "within_bounds")
CIRCUMSTANCES = ("scale", "samples", "processor", "kernels", "threads")
METRICS = ("verdict", "difference", "low", "high", "p", "seeds", "failed", "verdict_on_failures")

Row = dict[str, Any]
Sides = dict[str, np.ndarray]


def rows(study: Study, dataset: str, seeds: list[int]) -> Iterator[Row]:
    """Of each trial and seed, and where the study is over time of each moment; figures that a trial does not have are blank."""
    for name in study.trials:
        for seed in seeds:
            yield from _rows_of_trial(study, name, seed, places.figures(dataset, name, seed))


def _rows_of_trial(study: Study, name: str, seed: int, path: Path) -> Iterator[Row]:
    figures = read_json(path)
    floor = figures.get(study.judged_by.floor, "")
    common = {"floor": floor, **{column: figures.get(column, "") for column in ALWAYS if column != study.outcome}}
    common |= {column: figures.get(column, "") for column in CIRCUMSTANCES}
    told = {"trial": name, "seed": seed, "status": figures["status"]}
    if not study.moments:
        yield {**told, "step": figures.get("step", ""), study.outcome: figures.get(study.outcome, ""), **common}
        return
    on_the_way: dict[int, str] = {}
    if (scores := path.with_name("scores.csv")).exists():  # not of a run that diverged
        on_the_way = {int(line["step"]): line[study.outcome] for line in read_csv(scores)}
    blank = {column: "" for column in ALWAYS if column != study.outcome}
    for step in study.moments:
        yield {**told, "step": step, study.outcome: on_the_way.get(step, ""), **common, **blank}
    yield {**told, "step": figures.get("step", ""), study.outcome: figures.get(study.outcome, ""), **common}


def judge(study: Study, text: str) -> dict[str, Any]:
    """The verdict on a table, and what it rests on.

    `difference`, `low` and `high` are of the outcome itself; of a score they are shares of its excess over the floor, 0.1 where the
    claim's side leaves a tenth less. An expectation has its mean in place of a difference; where runs failed or have no number, it is
    all of medians. A blank bound is infinite. An outcome that no run has is a UserError.
    """
    found = pd.read_csv(StringIO(text))
    _check_outcome(study, found)
    n = found["seed"].nunique()
    failed = {name: int((of.groupby("seed")["status"].first() != "lived").sum()) for name, of in found.groupby("trial")}
    judged: dict[str, Any] = {"verdict": "", "seeds": n, "failed": sum(failed.values())}
    if study.expected:
        values = found[study.outcome].to_numpy(float)
        answer, of_medians, logarithms = _expected(study, values), not np.isfinite(values).all(), False
        judged |= {"low_expected": study.expected[0], "high_expected": study.expected[1]}
    else:
        sides = _sides(study, found)
        answer, of_medians, logarithms = _compared(study, found, sides, any(failed.values()))
        if math.isinf(answer.difference):
            judged["without_number"] = "than" if answer.difference > 0 else "better"
        judged |= {f"{side}_median": _shown(float(np.median(values))) for side, values in sides.items()}
        judged |= {f"{side}_failed": failed[getattr(study, side)] for side in sides}
        if any(failed.values()) and study.better != study.than:
            word, p = verdict.collapses(failed[study.better], failed[study.than], n)
            judged |= {"verdict_on_failures": word, "p_failures": p}
    if len(study.moments or ()) > 1 and not of_medians:
        judged["p_trend"] = verdict.trend(found.pivot_table(index="seed", columns="step", values=study.outcome).to_numpy())
    margin = study.judged_by.margin
    told = {key: _told(getattr(answer, key), logarithms) for key in ("difference", "low", "high")}
    judged |= {"verdict": answer.word, **told, "p": answer.p, "of_excess": logarithms, "of_medians": bool(of_medians)}
    judged |= {} if study.expected else {"margin": _share(margin) if logarithms else margin}
    reached, scored = found["step"].max(), found["samples"].max()  # blank of runs that diverged, and the demo scores nothing
    return judged | {"steps": 0 if math.isnan(reached) else int(reached), "scale": found["scale"].iloc[0], "samples": _shown(scored)}


def metrics(judged: dict[str, Any]) -> dict[str, Any]:
    """What `dvc metrics` shows of a verdict, each a column of the one table that it prints; all else follows from the table of runs."""
    return {key: judged[key] for key in METRICS if key in judged}


def dots(study: Study, text: str) -> list[float]:
    """What a chart shows of each seed, as `judge` tells `difference`: how much better the claim's side was, or the value expected.

    Runs without a number are left out.
    """
    found = pd.read_csv(StringIO(text))
    if study.expected:
        return found.sort_values("seed")[study.outcome].dropna().tolist()
    better, than, logarithms = _costs(study, found, _sides(study, found))
    told = np.isfinite(better) & np.isfinite(than)
    return [_told(float(difference), logarithms) for difference in (than[told] - better[told])]


def _check_outcome(study: Study, found: pd.DataFrame) -> None:
    for name, of in found[found["status"] != "diverged"].groupby("trial"):
        if of[study.outcome].isna().all():
            raise UserError(
                f"{FILE}: outcome: no run of {name} has {study.outcome}: name another figure, of those that figures.json has"
                " in the folder of its scores; what was trained is kept"
            )


def _expected(study: Study, values: np.ndarray) -> Verdict:
    low, high = (unbounded if bound is None else bound for bound, unbounded in zip(study.expected, (-math.inf, math.inf), strict=True))
    outside = math.inf if math.isfinite(high) else -math.inf  # where a run without the figure belongs
    return verdict.expect(np.where(np.isnan(values), outside, values), low, high)


def _compared(study: Study, found: pd.DataFrame, sides: Sides, any_failed: bool) -> tuple[Verdict, bool, bool]:
    """The verdict, and whether it is of medians and whether of logarithms."""
    values = np.concatenate([*sides.values()])
    if (values == 0).any() and np.nansum(np.abs(values)) == 0:
        return Verdict("not testable", 0.0, 0.0, 0.0, 1.0), False, False
    better, than, logarithms = _costs(study, found, sides)
    of_medians = any_failed or not np.isfinite([better, than]).all()
    compare = verdict.compare_medians if of_medians else verdict.compare_paired if study.moments else verdict.compare
    return compare(better, than, study.judged_by.margin), of_medians, logarithms


def _sides(study: Study, found: pd.DataFrame) -> Sides:
    """The outcome (n,) by seed of `better` and `than`, which over time are the end and the first moment."""
    if study.moments:
        of = {"better": found[~found["step"].isin(study.moments)], "than": found[found["step"] == study.moments[0]]}
    else:
        of = {side: found[found["trial"] == getattr(study, side)] for side in ("better", "than")}
    return {side: some.sort_values("seed")[study.outcome].to_numpy(float) for side, some in of.items()}


def _costs(study: Study, found: pd.DataFrame, sides: Sides) -> tuple[np.ndarray, np.ndarray, bool]:
    floor = found["floor"].dropna()  # the same in all but the subsets that a run's seed draws
    return outcomes.costs(study.judged_by, *sides.values(), float(floor.mean()) if len(floor) else 0.0)


def _told(value: float, logarithm: bool) -> float | None:
    return None if math.isinf(value) else _share(value) if logarithm else value


def _share(logarithm: float) -> float:
    """By how much less of the excess is left: 0.1 of log(1 / 0.9)."""
    return -math.expm1(-logarithm)


def _shown(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
