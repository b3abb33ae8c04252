"""Bring the chosen data set's raw files, in CelebA's layout, to data/raw/<dataset>/."""

from ganlib import params, paths
from ganlib.data import celeba
from stages import run


def main() -> None:
    """Draw the toons, or copy CelebA from its source."""
    settings = params.load()
    raw = paths.RAW / settings.dataset
    if settings.data.kind == "toons":
        from ganlib.data import toons

        toons.draw(raw, settings.data.images)
    else:
        source = paths.home() / (settings.data.source or paths.INCOMING)
        celeba.fetch(source, raw, f"datasets.{settings.dataset}.source")


if __name__ == "__main__":
    run(main)
