"""The real pictures that fakes are held against, in feature space: data/reference/."""

from functools import partial

from ganlib import params, paths
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference
from ganlib.fidelity.tiles import device
from ganlib.settings import EXTRACTOR
from stages import run


def main(crop: str) -> None:
    """Take the features of real pictures of CROP."""
    settings = params.load()
    settings.crop(crop)
    data, protocol = settings.data, settings.protocol
    faces, held_out = Faces.divide(paths.cache(crop), data.split)
    network = inception.load(device(), protocol=protocol)
    reference = Reference.of(partial(inception.features, network), faces, held_out, samples=data.fid_samples, reals=data.reals)
    reference.save(paths.features(crop, protocol))
    Statistics.of(reference.scored).save(paths.statistics(crop, protocol), EXTRACTOR, protocol)


if __name__ == "__main__":
    run(main)
