"""Where trials and verdicts lie, relative to the folder that holds dvc.yaml. What studies/dvc.yaml says stands there as well."""

from pathlib import Path

STUDIED = 12  # the last seed that a study may have

TRIALS = Path("data/trials")
RESULTS = Path("studies/results")
VERDICTS = Path("metrics/studies")


def training(dataset: str, trial: str) -> Path:
    """All that the training of a trial depends on."""
    return TRIALS / dataset / "settings" / trial / "training.json"


def scoring(dataset: str, trial: str) -> Path:
    """All that its scores depend on besides."""
    return TRIALS / dataset / "settings" / trial / "scoring.json"


def run(dataset: str, trial: str, seed: int) -> Path:
    """What a training leaves."""
    return _of(dataset, seed) / "runs" / trial / str(seed)


def scores(dataset: str, trial: str, seed: int) -> Path:
    """What its scoring leaves to look at."""
    return _of(dataset, seed) / "scores" / trial / str(seed)


def figures(dataset: str, trial: str, seed: int) -> Path:
    """What it leaves to judge by."""
    return scores(dataset, trial, seed) / "figures.json"


def _of(dataset: str, seed: int) -> Path:
    """Seeds of the noise alone lie apart: a study depends on the whole folder of a trial's scores."""
    return TRIALS / dataset / ("noise" if seed > STUDIED else "")


def results(dataset: str, name: str) -> Path:
    """The figures of every trial of a study: its verdict can be taken from them again."""
    return RESULTS / dataset / f"{name}.csv"


def verdict(dataset: str, name: str) -> Path:
    """What `dvc metrics show` prints of a study."""
    return VERDICTS / dataset / f"{name}.json"
