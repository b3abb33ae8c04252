"""Cut one crop out of every picture: data/faces/<crop>.npy and its table."""

from ganlib import params, paths
from ganlib.data import faces
from stages import run


def main(crop: str) -> None:
    """Prepare CROP of the chosen data set."""
    settings = params.load()
    faces.build(paths.RAW / settings.dataset, settings.crop(crop), settings.data.images, paths.cache(crop))


if __name__ == "__main__":
    run(main)
