"""Learn from the real pictures to tell the attributes of a picture: data/attributes/."""

from ganlib import params, paths
from ganlib.data.faces import Faces
from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.reference import Reference
from stages import run


def main(crop: str) -> None:
    """Train the classifier of CROP."""
    settings = params.load()
    settings.crop(crop)
    reference = Reference.load(paths.features(crop, settings.protocol))
    table = Faces.open(paths.faces(crop), "all").table
    Classifier.of(reference, table).save(paths.classifier(crop, settings.protocol))


if __name__ == "__main__":
    run(main)
