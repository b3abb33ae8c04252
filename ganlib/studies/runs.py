"""The table of a study, one row per run, and whether its runs can be compared."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ganlib.core import tables
from ganlib.studies import paths, verdict
from ganlib.studies.stored import UNTRAINED
from ganlib.studies.study import Study
from ganlib.support.errors import UserError

ALWAYS = (
    *("kid", "kid_ema", "fid", "precision", "recall", "density", "coverage"),
    *("diversity", "d_accuracy", "d_real", "d_score", "within_bounds"),
)
MACHINE = ("torch", "device", "cuda", "cudnn", "numerics", "processor", "kernels", "threads")
NEEDED = ("trial", "seed", "status", "step", "floor", "scale", "samples")  # and the outcome
STATUSES = ("lived", "collapsed", "learned nothing", "diverged")
SAME = (*MACHINE[:-1], "scale", "samples")  # runs that differ in one of these are not compared
UNKNOWN = "unknown"

Row = dict[str, Any]


def rows(study: Study, dataset: str, seeds: list[int]) -> Iterator[Row]:
    """One row per trial and seed, and per moment of the study; metrics that a trial does not have are blank."""
    for name in study.trials:
        for seed in seeds:
            yield from _rows_of_run(study, dataset, name, seed)


def figures(dataset: str, trial: str, seed: int) -> Any:
    """All scores of a run; a UserError if it was left out, as studies that are no longer declared needed no more seeds."""
    folder = paths.scores(dataset, trial, seed)
    if (folder / UNTRAINED).exists():
        raise UserError(f"{folder}: not trained: remove this folder and {paths.run(dataset, trial, seed)}, and run again")
    return tables.read_json(paths.metrics(dataset, trial, seed))


def _rows_of_run(study: Study, dataset: str, name: str, seed: int) -> Iterator[Row]:
    found, others = figures(dataset, name, seed), [column for column in ALWAYS if column != study.outcome]
    low, high = (found.get(f"{study.outcome}_{end}") for end in ("low", "high"))
    error = float(f"{(high - low) / 4:.6g}") if study.judged_by.is_score and low is not None and high is not None else ""
    common = {"floor": found.get(study.judged_by.floor, ""), "error": error, **{column: found.get(column, "") for column in others}}
    common |= {column: found.get(column, "") for column in ("scale", "samples", *MACHINE)}
    run, end = {"trial": name, "seed": seed, "status": found["status"]}, found.get("step", "")
    if study.moments:
        scores = paths.scores(dataset, name, seed) / "scores.csv"  # missing if the run diverged
        at = {int(row["step"]): row[study.outcome] for row in tables.read_csv(scores)} if scores.exists() else {}
        for step in study.moments:
            yield {**run, "step": step, study.outcome: at.get(step, ""), **common, "error": "", **dict.fromkeys(others, "")}
    yield {**run, "step": end, study.outcome: found.get(study.outcome, ""), **common}


def check_not_fewer_seeds(name: str, dataset: str, seeds: int) -> None:
    """Refuse to replace a table of the second look by one of the first."""
    path = paths.results(dataset, name)
    if path.exists() and seeds < verdict.LOOKS[1] <= pd.read_csv(path)["seed"].nunique():
        raise UserError(
            f"{path}: has {verdict.LOOKS[1]} seeds per arm, and {seeds} are declared: set declared.{name}.seeds: {verdict.LOOKS[1]} in"
            " studies/params.yaml, with its arms in second_look.trials"
        )


def check_table(study: Study, found: pd.DataFrame) -> None:
    """Refuse a table that lacks a column, an arm or a moment, counts a run twice, or has runs that cannot be compared."""
    if missing := [column for column in (*NEEDED, study.outcome) if column not in found]:
        raise UserError(f"the table has no column {', '.join(missing)}")
    _check_cells(study, found)
    if missing := [name for name in study.trials if name not in set(found["trial"])]:
        raise UserError(f"the table has no run of {', '.join(missing)}")
    if len(twice := found[found.duplicated(["trial", "seed", "step"])]):
        raise UserError(f"the table has runs twice: {named(twice)}")
    for step in study.moments or ():
        has = found[found["step"] == step].groupby("trial")["seed"].nunique().reindex(found["trial"].unique(), fill_value=0)
        if not has.equals(found.groupby("trial")["seed"].nunique().reindex(has.index)):
            raise UserError(f"the table has no row of some runs at step {step}, a moment of the study")
    ends = found.groupby("trial")["step"].max().dropna()
    if study.equal == "steps" and ends.nunique() > 1:
        raise UserError(
            f"the study's trials end at step {' and '.join(f'{end:,.0f}' for end in ends.unique())}: they must take equal steps"
        )
    check_comparable(found)


def _check_cells(study: Study, found: pd.DataFrame) -> None:
    """Refuse a row of another trial, an unknown status, and text or an impossible number in a column of numbers."""
    low, high = study.judged_by.limits
    for column in (column for column in ("seed", "step", "floor", "error", "samples", study.outcome, *ALWAYS) if column in found):
        if len(bad := found[pd.to_numeric(found[column], errors="coerce").isna() & found[column].notna()]):
            raise _wrong(bad, column, "a number")
    seeds = found["seed"]
    for column, wrong, allowed in (
        ("trial", ~found["trial"].isin(study.trials), " or ".join(dict.fromkeys(study.trials))),
        ("status", ~found["status"].isin(STATUSES), ", ".join(STATUSES)),
        ("seed", ~(seeds > 0) | (seeds % 1 != 0), "a positive whole number"),
        ("scale", found["scale"].isna(), "preview, evening or full"),
        (study.outcome, (found[study.outcome] < low) | (found[study.outcome] > high), f"from {low:g} to {high:g}"),
    ):
        if len(bad := found[wrong]):
            raise _wrong(bad, column, allowed)


def _wrong(bad: pd.DataFrame, column: str, allowed: str) -> UserError:
    return UserError(f"row {bad.index[0] + 2}: {column}: {label(bad[column].iloc[0])!r} is not allowed: must be {allowed}")


def check_comparable(found: pd.DataFrame) -> None:
    """Refuse runs of two versions of torch, two devices or processors, two scales or two N; a UserError names the rows of each."""
    for column in (column for column in SAME if column in found):
        groups = dict(iter(found.groupby(found[column].map(label))))
        if column == "samples":
            groups.pop(UNKNOWN, None)  # runs that diverged, which are not scored
        if len(groups) > 1:
            which = "; ".join(f"{value} for {named(of)}" for value, of in groups.items())
            raise UserError(
                f"{column}: the runs of a verdict must have the same, and these do not: {which}: remove the folders of one group below"
                f" {paths.TRIALS} and run again"
            )


def label(value: Any) -> str:
    """A cell as text."""
    return UNKNOWN if pd.isna(value) or value == "" else f"{value:g}" if isinstance(value, float) else str(value)


def named(found: pd.DataFrame) -> str:
    """`dcgan64 (seeds 1, 2), dense64 (seeds 1)`."""
    seeds = {str(name): sorted(set(of["seed"])) for name, of in found.groupby("trial")}
    return ", ".join(f"{name} (seeds {', '.join(map(str, of))})" for name, of in seeds.items())
