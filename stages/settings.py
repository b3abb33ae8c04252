"""Check all studies and resolve each trial's settings: data/trials/<dataset>/settings/.

The two files of a trial hold everything that its training and its scores depend on, so that a change makes only the affected trials stale;
or the reason why it cannot be trained on these pictures.
"""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, paths, runs, stored, validation
from ganlib.studies.study import Study, Trial
from ganlib.support import console
from ganlib.support.command import run
from ganlib.support.errors import UserError


def main() -> None:
    """Check studies/*.yaml and write what each trial depends on."""
    settings, found = params.load(), declarations.load()
    trials = {name: found.trials[name] for name in found.declared_trials}
    studies = {name: found.studies[name] for name in found.declared}
    for name in found.declared:
        runs.check_not_fewer_seeds(name, settings.dataset, len(found.seeds_of(name)))
    faces, resolved = depends.picture_counts(trials, settings), {}
    refused = _of_refused_studies(studies, trials, faces, settings.dataset)
    for name, trial in trials.items():
        try:
            if name in faces:
                validation.check_pictures(name, trial, faces[name], declarations.CATALOGUE)
            resolved[name] = depends.training(trial, settings), depends.scoring(trial, settings)
        except UserError as error:  # as for began64 on own pictures without its attributes: the other trials can run
            refused[name] = f"{name} cannot be trained on {settings.dataset}: {error}"
            console.log(refused[name])
    for name in trials:
        training, scoring = ({stored.REFUSED: refused[name]},) * 2 if name in refused else resolved[name]
        tables.write_json(training, paths.training(settings.dataset, name))
        tables.write_json(scoring, paths.scoring(settings.dataset, name))


def _of_refused_studies(studies: dict[str, Study], trials: dict[str, Trial], faces: dict[str, int], dataset: str) -> dict[str, str]:
    """The trials that only studies need which cannot be judged on so many pictures or at this scale, each with the reason of one."""
    reasons = {}
    for name, study in studies.items():
        try:
            validation.check_lengths(name, study, trials, faces, declarations.CATALOGUE)
        except UserError as error:
            if ".equal: " in str(error):
                raise
            reasons[name] = f"{name} cannot be judged on {dataset}: {error}"
            console.log(reasons[name])
    users = {trial: [name for name, study in studies.items() if trial in study.trials] for trial in trials}
    return {trial: reasons[names[0]] for trial, names in users.items() if names and {*names} <= {*reasons}}


if __name__ == "__main__":
    run(main)
