"""Train the 1-D demo of how a GAN learns: data/progress/curve/ and metrics/curve.json."""

from ganlib import params
from ganlib.core import tables
from ganlib.curve import training
from ganlib.support import paths
from ganlib.support.command import run


def main() -> None:
    """Train the curve demo."""
    settings = params.load()
    judged = training.train(settings.curve, paths.outputs("curve"), seed=settings.seed)
    tables.save_metrics({"steps": settings.curve.steps, **judged}, paths.metrics("curve"))


if __name__ == "__main__":
    run(main)
