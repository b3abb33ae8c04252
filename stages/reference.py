"""Compute the Inception features of the real pictures that fakes are compared with: data/reference/."""

from functools import partial

from ganlib.core.device import device
from ganlib.data import settings
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference, bytes_needed
from ganlib.support import disk, paths
from ganlib.support.command import run
from ganlib.support.types import EXTRACTOR


def main(crop: str) -> None:
    """Compute the features of the real pictures of CROP."""
    chosen = settings.load()
    chosen.crop(crop)
    data, protocol = chosen.data, chosen.protocol
    faces, held_out = Faces.divide(paths.faces(crop), data.split)
    features = partial(inception.features, inception.load(device(), protocol=protocol))
    with disk.writing(paths.features(crop, protocol).parent, bytes_needed(faces, held_out, data.samples)):
        reference = Reference.of(features, faces, held_out, samples=data.samples)
        reference.save(paths.features(crop, protocol))
        Statistics.of(reference.scored).save(paths.statistics(crop, protocol), EXTRACTOR, protocol)


def reads(crop: str) -> tuple[object, ...]:
    """The values of params.yaml that this stage depends on."""
    chosen = settings.load()
    return chosen.dataset, chosen.data.split, chosen.data.samples, chosen.protocol


if __name__ == "__main__":
    run(main, reads)
