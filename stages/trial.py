"""Train one trial with one seed: data/trials/<dataset>/runs/<trial>/<seed>/."""

import os

from ganlib import params
from ganlib.core.tables import read_json
from ganlib.studies import places, stored, trials
from ganlib.support.command import run
from stages.train import CHECKPOINT_STEPS


def main(trial: str, seed: int) -> None:
    """Train TRIAL with SEED."""
    dataset = params.load().dataset
    training, folder = read_json(places.training(dataset, trial)), places.run(dataset, trial, seed)
    save_every = int(os.environ.get(CHECKPOINT_STEPS, 0)) or None
    with stored.making(folder, training) as missing:
        if missing:
            trials.train(training, folder, seed=seed, save_every=save_every)


if __name__ == "__main__":
    run(main)
