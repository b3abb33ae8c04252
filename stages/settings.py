"""Resolve every trial's settings and check every study: data/trials/<dataset>/settings/.

A trial's two files hold all that its training and its scores depend on, so that a trial is run again where something of its own has
changed, and only there.
"""

from ganlib import params
from ganlib.core.tables import write_json
from ganlib.studies import catalogue, declarations, depends, fit, places
from ganlib.support.command import run


def main() -> None:
    """Check studies/params.yaml and write down what each trial depends on."""
    settings, declared = params.load(), declarations.load()
    catalogue.load(declared)
    pictures = depends.pictures(declared.trials, settings)
    fit.check_lengths(declared.trials, declared.studies, pictures, declarations.FILE)
    for name, trial in declared.trials.items():
        write_json(depends.training(trial, settings), places.training(settings.dataset, name))
        write_json(depends.scoring(trial, settings), places.scoring(settings.dataset, name))


if __name__ == "__main__":
    run(main)
