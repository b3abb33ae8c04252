"""Train one trial with one seed: data/trials/runs/<trial>/<seed>/."""

import json
import os

from ganlib.studies import places, trials
from stages import run
from stages.train import CHECKPOINT_STEPS


def main(trial: str, seed: int) -> None:
    """Train TRIAL with SEED."""
    stored = json.loads(places.training(trial).read_text())
    save_every = int(os.environ.get(CHECKPOINT_STEPS, 0)) or None
    trials.train(stored, places.run(trial, seed), seed=seed, save_every=save_every)


if __name__ == "__main__":
    run(main)
