"""Check all studies and resolve each trial's settings: data/trials/<dataset>/settings/.

The two files of a trial hold everything that its training and its scores depend on, so that a change makes only the affected trials stale;
or the reason why it cannot be trained on these pictures.
"""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, paths, runs, stored, validation
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
    faces, resolved, refused = depends.picture_counts(trials, settings), {}, {}
    for name, trial in trials.items():
        try:
            if name in faces:
                validation.check_pictures(name, trial, faces[name], declarations.CATALOGUE)
            resolved[name] = depends.training(trial, settings), depends.scoring(trial, settings)
        except UserError as error:  # as for began64 on own pictures without its attributes: the other trials can run
            refused[name] = str(error)
    possible = {name: study for name, study in studies.items() if {*study.trials} <= {*resolved}}
    validation.check_lengths(trials, possible, faces, declarations.CATALOGUE)
    refused |= validation.too_short(trials, possible, found.spread_trials, faces, declarations.CATALOGUE)
    for name, reason in refused.items():
        console.log(refusal := f"{name} cannot be trained on {settings.dataset}: {reason}")
        resolved[name] = ({stored.REFUSED: refusal},) * 2
    for name, (training, scoring) in resolved.items():
        tables.write_json(training, paths.training(settings.dataset, name))
        tables.write_json(scoring, paths.scoring(settings.dataset, name))


if __name__ == "__main__":
    run(main)
