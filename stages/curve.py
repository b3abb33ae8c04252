"""Train the 1-D demo of how a GAN learns: data/runs/curve/ and metrics/curve.json."""

from ganlib import metrics, params, paths
from ganlib.training import curve
from stages import run


def main() -> None:
    """Train the curve demo."""
    settings = params.load()
    figures = curve.train(settings.curve, paths.run("curve"), seed=settings.seed)
    metrics.write({"steps": settings.curve.steps, **figures}, paths.metrics("curve"))


if __name__ == "__main__":
    run(main)
