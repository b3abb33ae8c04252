"""Cut one crop out of every picture: data/faces/<crop>/."""

from ganlib import params, paths
from ganlib.data import cache
from stages import run


def main(crop: str) -> None:
    """Prepare CROP of the chosen data set."""
    settings = params.load()
    box, data = settings.crop(crop), settings.data
    with data.open_raw(paths.RAW / settings.dataset) as raw:
        raw.require(data.needed, settings.dataset)
        cache.build(raw, data.region(box), box.size, data.images, data.max_broken, paths.faces(crop))


if __name__ == "__main__":
    run(main)
