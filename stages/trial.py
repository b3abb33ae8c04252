"""Train one trial with one seed: data/trials/<dataset>/runs/<trial>/<seed>/."""

import os

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, depends, first_runs, paths, stored, trials
from ganlib.support.command import run
from ganlib.support.errors import UserError
from stages.train import CHECKPOINT_STEPS


def main(trial: str, seed: int) -> None:
    """Train TRIAL with SEED."""
    dataset = params.load().dataset
    training, folder = tables.read_json(paths.training(dataset, trial)), paths.run(dataset, trial, seed)
    if reason := training.get(stored.REFUSED):
        raise UserError(reason)
    save_every = int(os.environ.get(CHECKPOINT_STEPS, 0)) or None
    declared = declarations.load()
    is_later = declared.seeds[0] < seed <= paths.LAST_SEED
    if is_later and not stored.is_built(folder, training) and first_runs.suffice(declared, dataset, trial):
        stored.leave_out(folder)
        return
    with stored.build_if_stale(folder, training) as stale:
        if stale:
            depends.check_code(depends.training_code(training["report"]), training["code"])
            trials.train(training, folder, seed=seed, save_every=save_every)


if __name__ == "__main__":
    run(main)
