"""Score one trial with one seed: data/trials/<dataset>/scores/<trial>/<seed>/."""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import paths, scoring, stored
from ganlib.support.command import run


def main(trial: str, seed: int) -> None:
    """Score the training of TRIAL with SEED."""
    dataset = params.load().dataset
    training, asked = tables.read_json(paths.training(dataset, trial)), tables.read_json(paths.scoring(dataset, trial))
    trained, folder = paths.run(dataset, trial, seed), paths.scores(dataset, trial, seed)
    machine = tables.read_json(trained / stored.MACHINE)
    with stored.build_if_stale(folder, {"training": training, "scoring": asked, "machine": machine}) as stale:
        if stale:
            reals = paths.reals(dataset, asked.get("crop", ""))  # the demo has none
            found = scoring.score(training, asked, trained, reals, folder, seed=seed)
            tables.save_metrics(found, paths.metrics(dataset, trial, seed))


if __name__ == "__main__":
    run(main)
