"""Whether new runs lie where recorded ones predict, in numbers and words: what follows from the rows of a record alone."""

import math
from typing import Any

import numpy as np
import pandas as pd

from ganlib.studies import prediction, prose, results, runs
from ganlib.studies.outcomes import Values
from ganlib.studies.runs import MACHINE
from ganlib.studies.study import Study
from ganlib.support.errors import UserError

DIGITS = 6  # equal on every processor
NO_PREDICTION, EFFECT = "no prediction", "the effect"

Record = dict[str, Any]


def said(record: Record) -> Record:
    """What follows from the rows of a record: `results`, one of each arm and of the effect, `words`, and the last one's `answer`."""
    study = Study.model_validate(record["study"])
    recorded, new = pd.DataFrame(record["recorded"]), pd.DataFrame(record["rows"])
    runs.check_table(study, new)
    _check_new(recorded, new)
    found = _results(study, recorded, new)
    words = [f"{record['name']}, replicated: {_circumstances(study, record['dataset'], recorded, new)}."]
    return {"results": found, "words": words + [_sentence(study, result) for result in found], "answer": found[-1]["answer"]}


def _check_new(recorded: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse runs that were recorded already, and those at another scale, N or length than the recorded ones."""
    if len(known := new.merge(recorded[["trial", "seed"]].drop_duplicates())):
        raise UserError(f"recorded already, so not new: {runs.named(known)}")
    for column in ("scale", "samples", "step"):
        before, after = (rows.groupby("trial")[column].max() for rows in (recorded, new))
        if len(other := [name for name in after.dropna().index if after[name] != before.get(name)]):
            raise UserError(f"{column} of {', '.join(other)} is not that of the recorded runs")


def _results(study: Study, recorded: pd.DataFrame, new: pd.DataFrame) -> list[Record]:
    """Of each arm and of the effect; of one arm where a range is expected. All runs share the limit near the floor (`outcomes.costs`)."""
    recorded, new = (results.judged_rows(study, rows) for rows in (recorded, new))
    before, after = (results.arms_of(study, rows) for rows in (recorded, new))
    joined = {arm: np.concatenate([before[arm], after[arm]]) for arm in before}
    costs = joined if study.expected else dict(zip(joined, results.costs_of(study, pd.concat([recorded, new]), joined), strict=True))
    pairs = {arm: (values[: len(before[arm])], values[len(before[arm]) :]) for arm, values in costs.items()}
    failed = {arm: [_failed(study, rows, getattr(study, arm)) for rows in (recorded, new)] for arm in before}
    if study.expected:
        return [_of_arm(study, study.treatment, pairs["treatment"], failed["treatment"], new)]
    names = {arm: getattr(study, arm) for arm in before}
    if study.moments and study.is_over_time:
        names = {"treatment": "the end", "control": f"step {study.moments[0]}"}
    arms = [_of_arm(study, names[arm], pairs[arm], failed[arm], new) for arm in before]
    return [*arms, _of_effect(study, pairs["treatment"], pairs["control"], any(map(any, failed.values())))]


def _failed(study: Study, rows: pd.DataFrame, trial: str) -> int:
    of = rows[rows["trial"] == trial].drop_duplicates("seed")
    return int((~of["status"].isin(results.lived(study))).sum())


def _of_arm(study: Study, name: str, values: tuple[Values, Values], failed: list[int], new: pd.DataFrame) -> Record:
    """The mean of an arm's new runs; of its excess the geometric one. If a run failed, how many new ones lie among the recorded ones."""
    recorded, further = values
    shared = {"of": name, "recorded": len(recorded), "new": len(further), "recorded_failed": failed[0], "new_failed": failed[1]}
    if any(failed) or not np.isfinite(np.concatenate(values)).all():
        known = recorded[np.isfinite(recorded)]
        among = int(((known.min() <= further) & (further <= known.max())).sum()) if len(known) else 0
        return {**shared, "answer": NO_PREDICTION, "among_recorded": among}
    floor = float(new["floor"].dropna().mean()) if new["floor"].notna().any() else 0.0

    def in_units(cost: float) -> float:
        if study.expected:
            return cost
        return floor + math.exp(cost) if study.judged_by.is_score else study.judged_by.sign * cost

    mean, *ends = (in_units(float(cost)) for cost in (further.mean(), *prediction.of_mean(recorded, len(further))))
    low, high = np.clip(sorted(ends), *study.judged_by.limits)
    return {**shared, **_answer(mean, low, high)}


def _of_effect(study: Study, treatment: tuple[Values, Values], control: tuple[Values, Values], any_failed: bool) -> Record:
    """The treatment's advantage in the new runs. If a run failed, in how many pairs of one run of each arm it has one."""
    shared = {"of": EFFECT, "new": len(treatment[1])}
    with np.errstate(invalid="ignore"):  # infinity - infinity: no advantage
        subtract = np.subtract if study.is_over_time else np.subtract.outer
        advantages = [subtract(theirs, ours).ravel() for ours, theirs in zip(treatment, control, strict=True)]
    if any_failed or not np.isfinite(np.concatenate(advantages)).all():
        better = [[int((of > 0).sum()), len(of)] for of in advantages]
        return {**shared, "answer": NO_PREDICTION, "recorded_pairs_better": better[0], "new_pairs_better": better[1]}
    new = len(treatment[1])
    ends = prediction.of_mean(advantages[0], new) if study.is_over_time else prediction.of_difference(treatment[0], control[0], new)
    values = map(float, (advantages[1].mean(), *ends))
    return {**shared, **_answer(*(-math.expm1(-value) if study.judged_by.is_score else value for value in values))}


def _answer(mean: float, low: float, high: float) -> Record:
    numbers = {key: float(f"{value:.{DIGITS}g}") for key, value in {"mean": mean, "low": low, "high": high}.items()}
    return {"answer": "inside" if low <= mean <= high else "outside", **numbers}


def _sentence(study: Study, result: Record) -> str:
    name, answer, new = result["of"], result["answer"], f"{result['new']} new run{'s' if result['new'] > 1 else ''}"
    start = f"{name[0].upper()}{name[1:]}: {answer}" if name == EFFECT else f"{name}: {answer}"
    if answer == NO_PREDICTION and name == EFFECT:
        pairs = [f"{better} of {count}" for better, count in (result["new_pairs_better"], result["recorded_pairs_better"])]
        return f"{start}, since runs failed; by ranks, the claim's side is better in {pairs[0]} pairs of new runs, recorded {pairs[1]}."
    if answer == NO_PREDICTION:
        failed = f"{result['new_failed']} of {new} failed, recorded {result['recorded_failed']} of {result['recorded']}"
        return f"{start}, since runs failed: {failed}; {result['among_recorded']} of {new} lie between the recorded ones."
    low, high, mean = result["low"], result["high"], result["mean"]
    if name == EFFECT:
        effect = prose.Effect.of(study)
        return f"{start}; {effect.sentence(study, mean)} (predicted: {effect.between(low, high)})."
    predicted = f"{result['recorded']} recorded ones predict {low:.4g} to {high:.4g}"
    return f"{start}; {study.judged_by.label} is {mean:.4g} on average of {new} ({predicted})."


def _circumstances(study: Study, dataset: str, recorded: pd.DataFrame, new: pd.DataFrame) -> str:
    """Scale, steps, N and seeds, and how the machine differs from that of the recorded runs."""
    reached, scored = new["step"].max(), new["samples"].dropna()
    found = {"scale": new["scale"].iloc[0], "seeds": new["seed"].nunique(), "first_seed": 1}
    found |= {"steps": 0 if pd.isna(reached) else int(reached), "samples": float(scored.max()) if len(scored) else None}
    known = {column: [_values(rows[column]) for rows in (recorded, new)] for column in MACHINE if column in recorded}
    differing = [f"{column} {ours} instead of {theirs}" for column, (theirs, ours) in known.items() if ours != theirs]
    floors = [float(rows["floor"].dropna().mean()) for rows in (recorded, new)]
    if not (any(map(math.isnan, floors)) or math.isclose(*floors, rel_tol=1e-3)):
        differing.append(f"other reals (their floor is {floors[1]:.3g} instead of {floors[0]:.3g})")
    return prose.circumstances(study, found, dataset) + (f"; {', '.join(differing)}" if differing else "; machine and versions as recorded")


def _values(cells: pd.Series) -> str:
    return " and ".join(sorted({runs.label(value) for value in cells.dropna()})) or "none"
