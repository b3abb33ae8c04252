"""Score one trial with one seed: data/trials/scores/<trial>/<seed>/."""

import json

from ganlib.figures import save_metrics
from ganlib.studies import places, scoring
from stages import run


def main(trial: str, seed: int) -> None:
    """Score what TRIAL with SEED has left."""
    training, asked = (json.loads(place(trial).read_text()) for place in (places.training, places.scoring))
    found = scoring.score(training, asked, places.run(trial, seed), places.scores(trial, seed), seed=seed)
    save_metrics(found, places.figures(trial, seed))


if __name__ == "__main__":
    run(main)
