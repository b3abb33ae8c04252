"""Crop and resize every picture: data/faces/<crop>/."""

from ganlib.data import cache, settings
from ganlib.support import paths
from ganlib.support.command import run


def main(crop: str) -> None:
    """Prepare CROP of the selected data set."""
    chosen = settings.load()
    box, data = chosen.crop(crop), chosen.data
    with data.open_raw(paths.RAW / chosen.dataset) as raw:
        raw.require(data.needed, chosen.dataset)
        cache.build(raw, data.region(box), box.size, data.images, data.max_broken, paths.faces(crop))


def reads(crop: str) -> tuple[object, ...]:
    """The values of params.yaml that this stage depends on."""
    chosen = settings.load()
    return chosen.crop(crop), chosen.dataset, chosen.data.read_by_prepare()


if __name__ == "__main__":
    run(main, reads)
