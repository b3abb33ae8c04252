"""Check all studies and resolve each trial's settings: data/trials/<dataset>/settings/.

The two files of a trial hold everything that its training and its scores depend on, so that a change makes only the affected trials stale.
"""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, paths, runs, validation
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
    faces, fitting = depends.picture_counts(trials, settings), dict(trials)
    for name, count in faces.items():
        try:
            validation.check_pictures(trials, {name: count}, declarations.CATALOGUE)
        except UserError as error:
            console.log(f"{name} cannot be trained on {settings.dataset}: {error}")
            fitting.pop(name)
    fitting_studies = {name: study for name, study in studies.items() if {*study.trials} <= {*fitting}}
    fitting_faces = {name: count for name, count in faces.items() if name in fitting}
    validation.check_lengths(fitting, fitting_studies, fitting_faces, declarations.CATALOGUE)
    for name, trial in fitting.items():
        try:
            training, scoring = depends.training(trial, settings), depends.scoring(trial, settings)
        except UserError as error:  # as for began64 on own pictures without its attributes: the other trials can run
            console.log(f"{name} cannot be trained on {settings.dataset}: {error}")
            continue
        tables.write_json(training, paths.training(settings.dataset, name))
        tables.write_json(scoring, paths.scoring(settings.dataset, name))


if __name__ == "__main__":
    run(main)
