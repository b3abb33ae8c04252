"""Cut one crop out of every picture: data/faces/<crop>.npy and its table."""

from ganlib import params, paths
from ganlib.data import cache, raw
from stages import run


def main(crop: str) -> None:
    """Prepare CROP of the chosen data set."""
    settings = params.load()
    box, data = settings.crop(crop), settings.data
    with raw.opened(paths.RAW / settings.dataset, data.kind) as pictures:
        cache.build(pictures, data.region(box), box.size, data.images, data.max_broken, paths.cache(crop))


if __name__ == "__main__":
    run(main)
