"""The statistics of real pictures that fakes are held against: data/reference/<crop>.npz."""

from ganlib import params, paths
from ganlib.data.faces import Faces
from ganlib.fidelity import fid, inception
from stages import run


def main(crop: str) -> None:
    """Take the statistics of `fid_samples` real pictures of CROP."""
    settings = params.load()
    settings.crop(crop)
    faces = Faces.open(paths.cache(crop), settings.data.split)
    fid.real_statistics(faces, settings.data.fid_samples).save(paths.reference(crop), inception.EXTRACTOR, inception.PROTOCOL)


if __name__ == "__main__":
    run(main)
