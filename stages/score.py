"""Score one trial with one seed: data/trials/<dataset>/scores/<trial>/<seed>/."""

import json

from ganlib import params
from ganlib.core.tables import save_metrics
from ganlib.studies import places, scoring, stored
from ganlib.support.command import run


def main(trial: str, seed: int) -> None:
    """Score what TRIAL with SEED has left."""
    dataset = params.load().dataset
    training, asked = (json.loads(place(dataset, trial).read_text(encoding="utf-8")) for place in (places.training, places.scoring))
    trained, folder = places.run(dataset, trial, seed), places.scores(dataset, trial, seed)
    machine = json.loads((trained / stored.MACHINE).read_text(encoding="utf-8"))
    with stored.making(folder, {"training": training, "scoring": asked, "machine": machine}) as missing:
        if missing:
            save_metrics(scoring.score(training, asked, trained, folder, seed=seed), places.figures(dataset, trial, seed))


if __name__ == "__main__":
    run(main)
