"""Train the 1-D demo: data/runs/curve/, data/progress/curve/ and metrics/curve.json."""

from ganlib import params
from ganlib.core import tables
from ganlib.curve import training
from ganlib.support import paths
from ganlib.support.command import run


def main() -> None:
    """Train the curve demo."""
    settings = params.load()
    metrics = training.train(settings.curve, paths.outputs("curve"), seed=settings.seed)
    tables.save_metrics({"steps": settings.curve.steps, **metrics}, paths.metrics("curve"))


def reads() -> tuple[object, ...]:
    """The values of params.yaml that this stage depends on."""
    settings = params.load()
    return settings.curve, settings.seed


if __name__ == "__main__":
    run(main, reads)
