"""Bring the chosen data set's pictures and their tables to data/raw/<dataset>/."""

from ganlib import params, paths
from stages import run


def main() -> None:
    """Draw the toons, fetch CelebA, or take the user's own pictures."""
    settings = params.load()
    name, data, raw = settings.dataset, settings.data, paths.RAW / settings.dataset
    match data.kind:
        case "toons":
            from ganlib.data import toons

            toons.draw(raw, data.images, finish=data.finish)
        case "celeba":
            from ganlib.data import sources

            sources.fetch(name, data.source, data.needed, raw)
        case "folder":
            from ganlib.data import folder

            folder.fetch(name, data.source, raw)


if __name__ == "__main__":
    run(main)
