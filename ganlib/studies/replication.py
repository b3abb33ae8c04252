"""New runs of a study that was recorded: whether they lie where the recorded ones predict, and the record of it.

A record holds both groups of rows, so that its words follow from it alone; studies/schemas/replication.json describes it.
"""

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, paths, prediction, prose, results
from ganlib.studies.extra import ExtraTrials
from ganlib.studies.outcomes import Values
from ganlib.studies.paths import LAST_SEED
from ganlib.studies.results import MACHINE
from ganlib.studies.study import Study
from ganlib.support import checks
from ganlib.support.errors import UserError

VERSION = 1  # of the records and of the rules in this file
COLUMNS = ("trial", "seed", "status", "step", "floor", "error", "scale", "samples", *MACHINE)  # and the outcome
DIGITS = 6  # equal on every processor
NO_PREDICTION, EFFECT = "no prediction", "the effect"

Record = dict[str, Any]


@dataclass(frozen=True)
class Replication(ExtraTrials):
    """A declared study with a recorded table, and the `seeds` of its new runs."""

    name: str
    seeds: list[int]
    folder = "replications"

    @property
    def table(self) -> Path:
        """The recorded runs."""
        return paths.results(self.params.dataset, self.name)


def resolve(name: str, count: int) -> Replication:
    """The replication of study `name` by `count` runs per arm, with seeds that neither its tables nor its records have."""
    settings, declared = params.load(), declarations.load()
    study = declared.studies[checks.known(name, declared.declared, "declared", declarations.FILE)]
    if not 1 <= count <= LAST_SEED:
        raise UserError(f"--seeds {count}: must be 1 to {LAST_SEED} new runs per arm")
    table, recorded = paths.results(settings.dataset, name), sorted(paths.RESULTS.glob(f"*/{name}.csv"))
    if not table.exists():
        has = f"it has those of {checks.listed(path.parent.name for path in recorded)}" if recorded else "it has none"
        raise UserError(
            f"{table}: missing: {name} has no recorded runs on {settings.dataset} to replicate; {has} (`dataset` in params.yaml)"
        )
    used = [LAST_SEED, *declared.spread_seeds]
    used += [int(row["seed"]) for path in recorded for row in tables.read_csv(path)]
    used += [row["seed"] for path in records(name) for row in tables.read_json(path)["rows"]]
    trials = {arm: declared.trials[arm] for arm in study.trials}
    return Replication(study, trials, settings, name, list(range(max(used) + 1, max(used) + 1 + count)))


def records(name: str) -> list[Path]:
    """The committed records of a study."""
    return sorted((paths.REPLICATIONS / name).glob("*.json"))


def check_settings(of: Replication) -> None:
    """Refuse new runs at another scale, N or length than the recorded ones; the pictures must be there."""
    recorded, faces = pd.read_csv(of.table), depends.picture_counts(of.trials, of.params)
    here: dict[str, str | int] = {"scale": of.params.data.scale, "samples": of.params.data.samples} if faces else {}
    again = f"record the study again first: ganlib repro studies/dvc.yaml:study@{of.name}"
    for name, trial in of.trials.items():
        rows = recorded[recorded["trial"] == name]
        for column, new in {**here, "step": trial.steps(faces.get(name, 0))}.items():
            known = rows[column].dropna()
            if len(known) and (old := known.max()) != new:
                raise UserError(f"{of.table}: {name} has {column} {results.label(old)} there, and {new} now: {again}")


def write(of: Replication) -> tuple[Path, Record]:
    """Write the record of trained and scored trials into studies/replications/<study>/."""
    text = of.table.read_text(encoding="utf-8")
    depend = {name: {"training": paths.training, "scoring": paths.scoring} for name in of.trials}
    record: Record = {
        "version": VERSION,
        "name": of.name,
        "dataset": of.params.dataset,
        "protocol": of.params.protocol,
        "study": of.study.model_dump(exclude_none=True),
        "trials": {name: {key: tables.read_json(path(of.dataset, name)) for key, path in asked.items()} for name, asked in depend.items()},
        "table": hashlib.sha256(text.encode()).hexdigest(),
        "recorded": _rows(of.study, text),
        "rows": _rows(of.study, tables.to_csv(results.rows(of.study, of.dataset, of.seeds))),
    }
    record |= said(record)
    path = paths.REPLICATIONS / of.name / _file(record)
    tables.write_json(record, path)
    return path, record


def check(path: Path) -> Record:
    """The record at `path`; a UserError if its words or its name do not follow from its rows."""
    record: Record = tables.read_json(path)
    again = said(record)
    wrong = [key for key, value in again.items() if record.get(key) != value]
    if wrong or path.name != _file(record):
        what = ", ".join(wrong) or "its name"
        raise UserError(f"{path}: its rows give other {what}: was it edited? `ganlib replicate` writes a record")
    return record


def counts(name: str, table: str) -> dict[str, int]:
    """How many records there are of the recorded runs in `table` (CSV), by answer."""
    found = (check(path) for path in records(name))
    digest = hashlib.sha256(table.encode()).hexdigest()
    return dict(sorted(Counter(str(record["answer"]) for record in found if record["table"] == digest).items()))


def said(record: Record) -> Record:
    """What follows from the rows of a record: `results`, one of each arm and of the effect, `words`, and the last one's `answer`."""
    study = Study.model_validate(record["study"])
    recorded, new = pd.DataFrame(record["recorded"]), pd.DataFrame(record["rows"])
    results.check_comparable(new)
    found = _results(study, recorded, new)
    words = [f"{record['name']}, replicated: {_circumstances(study, record['dataset'], recorded, new)}."]
    return {"results": found, "words": words + [_sentence(study, result) for result in found], "answer": found[-1]["answer"]}


def _rows(study: Study, text: str) -> list[dict[str, Any]]:
    """The columns of a table (CSV) that words are made of; a blank is None."""
    found = pd.read_csv(StringIO(text))
    found = found[[column for column in (*COLUMNS[:4], study.outcome, *COLUMNS[4:]) if column in found]]
    return [{str(key): value for key, value in row.items()} for row in found.astype(object).where(found.notna(), None).to_dict("records")]


def _file(record: Record) -> str:
    """Names a record by its data set, its seeds and its rows: two records of the same seeds have two names."""
    seeds = sorted({row["seed"] for row in record["rows"]})
    digest = hashlib.sha256(json.dumps([record["recorded"], record["rows"]]).encode()).hexdigest()[:8]
    return f"{record['dataset']}-{seeds[0]}-to-{seeds[-1]}-{digest}.json"


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
    floor = float(new["floor"].dropna().mean()) if study.judged_by.floor else 0.0

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
    return prose.circumstances(study, found, dataset).replace("At", "at", 1) + (
        f"; {', '.join(differing)}" if differing else "; machine and versions as recorded"
    )


def _values(cells: pd.Series) -> str:
    return " and ".join(sorted({results.label(value) for value in cells.dropna()})) or "none"
