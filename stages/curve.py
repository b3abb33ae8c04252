"""Train the 1-D demo of how a GAN learns: data/progress/curve/ and metrics/curve.json."""

from ganlib import figures, params, paths
from ganlib.curve import training
from stages import run


def main() -> None:
    """Train the curve demo."""
    settings = params.load()
    judged = training.train(settings.curve, paths.outputs("curve"), seed=settings.seed)
    figures.save_metrics({"steps": settings.curve.steps, **judged}, paths.metrics("curve"))


if __name__ == "__main__":
    run(main)
