"""Trials that no DVC stage runs, but `ganlib try` and `ganlib replicate`; stored apart, below data/trials/<data set>/<folder>/."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from ganlib.core import tables
from ganlib.params import Params
from ganlib.studies import depends, paths, stored, validation
from ganlib.studies.scored import scored_of
from ganlib.studies.study import Study, Trial
from ganlib.support.checks import FILE

Task = tuple[Literal["trial", "score"], str, int]  # with the trial and the seed


@dataclass(frozen=True)
class ExtraTrials:
    """The arms of a study, by name."""

    study: Study
    trials: dict[str, Trial]
    params: Params
    folder: ClassVar[str]

    @property
    def dataset(self) -> str:
        """What `studies.paths` takes in place of a data set."""
        return f"{self.params.dataset}/{self.folder}"


def write_settings(of: ExtraTrials) -> None:
    """Write what each trial depends on, as stage `settings` does; the pictures must be there."""
    for name, count in depends.picture_counts(of.trials, of.params).items():
        validation.check_pictures(name, of.trials[name], count, FILE)
    for name, trial in of.trials.items():
        tables.write_json(depends.training(trial, of.params), paths.training(of.dataset, name))
        tables.write_json(depends.scoring(trial, of.params), paths.scoring(of.dataset, name))


def missing(of: ExtraTrials, seeds: Sequence[int]) -> list[Task]:
    """The missing trainings and scorings; a training comes before its scoring."""
    tasks: list[Task] = []
    for seed in seeds:
        for name in of.trials:
            run, scores, training, scoring = files(of, name, seed)
            trained = made_of(run) == training
            if not trained:
                tasks.append(("trial", name, seed))
            if not trained or made_of(scores) != scored_of(training, scoring, tables.read_json(run / stored.MACHINE)):
                tasks.append(("score", name, seed))
    return tasks


def files(of: ExtraTrials, name: str, seed: int) -> tuple[Path, Path, Any, Any]:
    """The folders of a training and of its scores, and what they depend on."""
    asked = (tables.read_json(path(of.dataset, name)) for path in (paths.training, paths.scoring))
    return paths.run(of.dataset, name, seed), paths.scores(of.dataset, name, seed), *asked


def made_of(built: Path) -> Any:
    """What a folder was built from; None if it is not complete."""
    stamp = built / stored.MADE_OF
    return tables.read_json(stamp) if stamp.exists() else None
