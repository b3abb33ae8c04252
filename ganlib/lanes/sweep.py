"""Trains and scores what a study of one's own or a replication lacks, in lanes, and judges it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ganlib.lanes import plan, repro
from ganlib.lanes.times import Times
from ganlib.studies import depends, extra, first_runs, judging, own, replication
from ganlib.studies.agreement import Record
from ganlib.studies.extra import ExtraTrials, Task
from ganlib.studies.own import OwnStudy
from ganlib.studies.replication import Replication
from ganlib.studies.study import CurveTrial, FaceTrial

COMMAND = (sys.executable, "-m", "stages.own")


def sweep(study: OwnStudy, count: int, lanes: int | None) -> str:
    """Train and score both arms with the seeds 1 to `count` and return the verdict as a sentence.

    An interrupted sweep resumes. If the first trainings of both arms end with equal nets, no other seed is trained.
    """
    seeds, arms = list(range(1, count + 1)), study.study.trials
    _prepare(study, lanes)
    own.adopt(study, seeds)
    first = {_stage(("trial", arm, seeds[0])) for arm in arms}

    def changes_nothing() -> bool:
        return first_runs.change_nothing(study.dataset, arms, seeds[0])

    if not changes_nothing():
        _run(study, seeds, lanes, first, lambda stage: stage in first and changes_nothing())
    if changes_nothing():
        return "not testable: the setting changes nothing; with seed 1, both arms end with equal nets"
    return judging.judge(study.name, study.study, seeds, study.dataset, study.params.dataset)


def replicate(of: Replication, lanes: int | None) -> tuple[Path, Record]:
    """Train and score the new runs, and write and return their record. An interrupted replication resumes."""
    _prepare(of, lanes)
    replication.check_settings(of)
    _run(of, of.seeds, lanes)
    return replication.write(of)


def _prepare(of: ExtraTrials, lanes: int | None) -> None:
    crops = {trial.settings.crop for trial in of.trials.values() if isinstance(trial, FaceTrial)}
    repro.repro(["check", *(f"prepare@{crop}" for crop in crops)], lanes, keep_going=False)
    extra.write_settings(of)


def _run(
    of: ExtraTrials,
    seeds: Sequence[int],
    lanes: int | None,
    first: frozenset[str] | set[str] = frozenset(),
    enough: Callable[[str], bool] = lambda stage: False,
) -> None:
    """Run what is missing: all `first` stages before any other, and after a stage that is `enough` no other."""
    if tasks := extra.missing(of, seeds):
        needs = {_stage(task): _before(task, tasks) for task in tasks}
        for stage in needs.keys() - first:
            needs[stage] |= first & needs.keys()
        commands = {_stage(task): [*COMMAND, task[0], task[1], str(task[2]), of.folder, of.params.dataset] for task in tasks}
        repro.run(needs, commands, _times(of, tasks), lanes, enough)


def _stage(task: Task) -> str:
    kind, trial, seed = task
    return f"{kind}@{trial}-{seed}"


def _before(task: Task, tasks: list[Task]) -> set[str]:
    """A scoring needs its training, if that is among the tasks."""
    training = ("trial", *task[1:])
    return {_stage(training)} if task[0] == "score" and training in tasks else set()


def _times(of: ExtraTrials, tasks: list[Task]) -> Times:
    """The seconds of the tasks: those of the reports' own stages, by the number of steps."""
    file, faces = plan.root() / ".checkpoints" / "logs" / "seconds.json", depends.picture_counts(of.trials, of.params)
    known, seconds = Times(file), {}
    for name, trial in of.trials.items():
        if isinstance(trial, CurveTrial):
            pace = known.of("curve") / of.params.curve.steps
        else:
            pace = known.of(f"train@{trial.report}") / replace(trial, settings=of.params.report(trial.report)).steps(faces[name])
        seconds["trial", name] = pace * trial.steps(faces.get(name, 0))
        seconds["score", name] = known.of(f"evaluate@{trial.report}")
    return Times(file, {_stage(task): seconds[task[:2]] for task in tasks})
