"""Train or score one trial of `ganlib try` or `ganlib replicate` with one seed: below data/trials/<dataset>/<folder>/."""

import os
from typing import Literal

from ganlib.core import tables
from ganlib.studies import depends, paths, scored, stored, trials
from ganlib.support.command import run
from stages.train import CHECKPOINT_STEPS


def main(kind: Literal["trial", "score"], trial: str, seed: int, folder: Literal["own", "replications"], pictures: str) -> None:
    """Train or score TRIAL with SEED on the data set PICTURES."""
    dataset = f"{pictures}/{folder}"
    if kind == "score":
        scored.score(trial, seed, dataset, pictures)
        return
    training, run = tables.read_json(paths.training(dataset, trial)), paths.run(dataset, trial, seed)
    with stored.build_if_stale(run, training) as stale:
        if stale:
            depends.check_code(depends.training_code(training["report"]), training["code"])
            trials.train(training, run, seed=seed, save_every=int(os.environ.get(CHECKPOINT_STEPS, 0)) or None)


if __name__ == "__main__":
    run(main)
