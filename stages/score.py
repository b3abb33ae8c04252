"""Score one trial with one seed: data/trials/<dataset>/scores/<trial>/<seed>/."""

import json

from ganlib import params
from ganlib.figures import save_metrics
from ganlib.studies import places, scoring
from stages import run


def main(trial: str, seed: int) -> None:
    """Score what TRIAL with SEED has left."""
    dataset = params.load().dataset
    training, asked = (json.loads(place(dataset, trial).read_text()) for place in (places.training, places.scoring))
    found = scoring.score(training, asked, places.run(dataset, trial, seed), places.scores(dataset, trial, seed), seed=seed)
    save_metrics(found, places.figures(dataset, trial, seed))


if __name__ == "__main__":
    run(main)
