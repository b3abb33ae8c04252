"""Score one trial with one seed: data/trials/<dataset>/scores/<trial>/<seed>/."""

from ganlib import params
from ganlib.core.tables import read_json, save_metrics
from ganlib.studies import places, scoring, stored
from ganlib.support.command import run


def main(trial: str, seed: int) -> None:
    """Score what TRIAL with SEED has left."""
    dataset = params.load().dataset
    training, asked = (read_json(place(dataset, trial)) for place in (places.training, places.scoring))
    trained, folder = places.run(dataset, trial, seed), places.scores(dataset, trial, seed)
    machine = read_json(trained / stored.MACHINE)
    with stored.making(folder, {"training": training, "scoring": asked, "machine": machine}) as missing:
        if missing:
            save_metrics(scoring.score(training, asked, trained, folder, seed=seed), places.figures(dataset, trial, seed))


if __name__ == "__main__":
    run(main)
