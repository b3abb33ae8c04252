"""Paths of trials and verdicts, relative to the folder of dvc.yaml; studies/dvc.yaml lists the same paths."""

from pathlib import Path

FIRST_SEED = 1
LAST_SEED = 12  # of a study; seeds above it measure the spread alone

TRIALS = Path("data/trials")
RESULTS = Path("studies/results")
VERDICTS = Path("metrics/studies")
CLAIMS = Path("studies/claims.json")
REPLICATIONS = Path("studies/replications")


def training(dataset: str, trial: str) -> Path:
    """What the training of a trial depends on."""
    return TRIALS / dataset / "settings" / trial / "training.json"


def scoring(dataset: str, trial: str) -> Path:
    """What its scores depend on in addition."""
    return TRIALS / dataset / "settings" / trial / "scoring.json"


def run(dataset: str, trial: str, seed: int) -> Path:
    """The output folder of a training."""
    return _root(dataset, seed) / "runs" / trial / str(seed)


def scores(dataset: str, trial: str, seed: int) -> Path:
    """The output folder of its scoring."""
    return _root(dataset, seed) / "scores" / trial / str(seed)


def metrics(dataset: str, trial: str, seed: int) -> Path:
    """All scores of a trial and how it ended."""
    return scores(dataset, trial, seed) / "figures.json"


def _root(dataset: str, seed: int) -> Path:
    """Extra seeds are kept apart, since a study depends on the whole folder of a trial's scores."""
    return TRIALS / dataset / ("spread" if seed > LAST_SEED else "")


def reals(dataset: str, crop: str) -> Path:
    """The folder of the features of a crop's reals."""
    return TRIALS / dataset / "reals" / crop


def results(dataset: str, name: str) -> Path:
    """The table of a study's trials, from which its verdict can be derived again."""
    return RESULTS / dataset / f"{name}.csv"


def verdict(dataset: str, name: str) -> Path:
    """What `dvc metrics show` prints of a study."""
    return VERDICTS / dataset / f"{name}.json"
