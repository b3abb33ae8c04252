"""The same drawn faces for both sides: as JPEGs in a folder and as the cache of a report's crop."""

from pathlib import Path
from zipfile import ZipFile

from ganlib import params
from ganlib.data import cache, celeba
from ganlib.data.archive import Archive
from ganlib.data.faces import Faces
from ganlib.fetch import toons
from ganlib.models.report import Report

COUNT = 600


def draw(folder: Path) -> None:
    """COUNT faces: `folder`/raw for the pipeline, `folder`/jpegs for ImageFolder."""
    toons.draw(folder / "raw", COUNT)
    with ZipFile(folder / "raw" / celeba.ARCHIVE) as archive:
        archive.extractall(folder / "jpegs")


def cached(folder: Path, report: Report) -> Faces:
    """All of them in the report's crop."""
    path = folder / report.crop
    if not path.exists():
        box = params.load().crop(report.crop)
        with Archive(folder / "raw" / celeba.ARCHIVE) as drawn:
            cache.build(celeba.read(drawn, folder / "raw"), box, box.size, None, 0, path)
    return Faces.open(path, "all")
