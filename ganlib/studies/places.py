"""Where trials and verdicts lie, relative to the folder that holds dvc.yaml. What studies/dvc.yaml says stands there as well."""

from pathlib import Path

STUDIED = 12  # the last seed that a study may have

TRIALS = Path("data/trials")
RESULTS = Path("studies/results")
VERDICTS = Path("metrics/studies")


def training(trial: str) -> Path:
    """All that the training of a trial depends on."""
    return TRIALS / "settings" / trial / "training.json"


def scoring(trial: str) -> Path:
    """All that its scores depend on besides."""
    return TRIALS / "settings" / trial / "scoring.json"


def run(trial: str, seed: int) -> Path:
    """What a training leaves."""
    return _of(seed) / "runs" / trial / str(seed)


def scores(trial: str, seed: int) -> Path:
    """What its scoring leaves to look at."""
    return _of(seed) / "scores" / trial / str(seed)


def figures(trial: str, seed: int) -> Path:
    """What it leaves to judge by."""
    return scores(trial, seed) / "figures.json"


def _of(seed: int) -> Path:
    """Seeds of the noise alone lie apart: a study depends on the whole folder of a trial's scores."""
    return TRIALS / ("noise" if seed > STUDIED else "")


def results(dataset: str, name: str) -> Path:
    """The figures of every trial of a study: its verdict can be taken from them again."""
    return RESULTS / dataset / f"{name}.csv"


def verdict(dataset: str, name: str) -> Path:
    """What `dvc metrics show` prints of a study."""
    return VERDICTS / dataset / f"{name}.json"
