"""Trains and scores what a study of one's own lacks, in lanes, and judges it."""

import sys

from ganlib.lanes import plan, repro
from ganlib.lanes.times import Times
from ganlib.studies import depends, first_runs, judging, own, paths
from ganlib.studies.own import OwnStudy, Task
from ganlib.studies.study import FaceTrial

COMMAND = (sys.executable, "-m", "stages.own")


def sweep(study: OwnStudy, count: int, lanes: int | None) -> str:
    """Train and score both arms with the seeds 1 to `count` and return the verdict as a sentence.

    An interrupted sweep resumes. If the first trainings of both arms end with equal nets, no other seed is trained.
    """
    seeds, arms = list(range(1, count + 1)), study.study.trials
    crops = {trial.settings.crop for trial in study.trials.values() if isinstance(trial, FaceTrial)}
    repro.repro(["check", *(f"prepare@{crop}" for crop in crops)], lanes, keep_going=False)
    own.write_settings(study)
    own.adopt(study, seeds)
    tasks = own.missing(study, seeds)
    first = {_stage(("trial", arm, seeds[0])) for arm in arms}
    needs = {_stage(task): _before(task, tasks) for task in tasks}
    for stage in needs.keys() - first:
        needs[stage] |= first & needs.keys()

    def changes_nothing() -> bool:
        return first_runs.equal_nets(*(paths.run(study.dataset, arm, seeds[0]) for arm in arms))

    if tasks and not changes_nothing():
        commands = {_stage(task): [*COMMAND, task[0], task[1], str(task[2])] for task in tasks}
        repro.run(needs, commands, _times(study, tasks), lanes, lambda stage: stage in first and changes_nothing())
    if changes_nothing():
        return "not testable: the setting changes nothing; with seed 1, both arms end with equal nets"
    return judging.judge(study.name, study.study, seeds, study.dataset, study.params.dataset)


def _stage(task: Task) -> str:
    kind, trial, seed = task
    return f"{kind}@{trial}-{seed}"


def _before(task: Task, tasks: list[Task]) -> set[str]:
    """A scoring needs its training, if that is among the tasks."""
    training = ("trial", *task[1:])
    return {_stage(training)} if task[0] == "score" and training in tasks else set()


def _times(study: OwnStudy, tasks: list[Task]) -> Times:
    """The seconds of the tasks: those of the report's own stages, by the number of steps."""
    file, report = plan.root() / ".checkpoints" / "logs" / "seconds.json", study.study.report
    faces, known = depends.picture_counts(study.trials, study.params), Times(file)
    length = {name: trial.steps(faces.get(name, 0)) for name, trial in study.trials.items()}
    training = known.of("curve" if report == "curve" else f"train@{report}") / length[report]
    seconds = {
        "trial": {name: training * steps for name, steps in length.items()},
        "score": dict.fromkeys(length, known.of(f"evaluate@{report}")),
    }
    return Times(file, {_stage(task): seconds[task[0]][task[1]] for task in tasks})
