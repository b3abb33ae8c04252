"""The scoring of a trial, for declared studies and for those of `ganlib try`."""

from typing import Any

from ganlib.core import tables
from ganlib.studies import depends, paths, scoring, stored


def score(trial: str, seed: int, dataset: str, pictures: str) -> None:
    """Score a trial of `dataset` unless it is up to date; the reals' features are those of the data set `pictures`."""
    training, asked = tables.read_json(paths.training(dataset, trial)), tables.read_json(paths.scoring(dataset, trial))
    trained, folder = paths.run(dataset, trial, seed), paths.scores(dataset, trial, seed)
    if (trained / stored.UNTRAINED).exists():
        stored.leave_out(folder)
        return
    with stored.build_if_stale(folder, scored_of(training, asked, tables.read_json(trained / stored.MACHINE))) as stale:
        if stale:
            reals = paths.reals(pictures, asked.get("crop", ""))  # the demo has none
            depends.check_code(depends.scoring_code(training["report"]), asked["code"])
            found = scoring.score(training, asked, trained, reals, folder, seed=seed)
            tables.save_metrics(found, paths.metrics(dataset, trial, seed))


def scored_of(training: Any, scoring: Any, machine: Any) -> dict[str, Any]:
    """Everything that the scores of a trial depend on."""
    return {"training": training, "scoring": scoring, "machine": machine}
