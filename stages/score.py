"""Score one trial with one seed: data/trials/<dataset>/scores/<trial>/<seed>/."""

from ganlib import params
from ganlib.studies import scored
from ganlib.support.command import run


def main(trial: str, seed: int) -> None:
    """Score the training of TRIAL with SEED."""
    dataset = params.load().dataset
    scored.score(trial, seed, dataset, dataset)


if __name__ == "__main__":
    run(main)
