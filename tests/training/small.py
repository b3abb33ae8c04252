"""Reports small enough to train in a test, and faces for them."""

from pathlib import Path

from ganlib import params
from ganlib.data.faces import Faces
from ganlib.models.registry import names, settings_of
from ganlib.models.report import Report
from tests.data import archive

NAMES = tuple(names())


def report(name: str, **changes: object) -> Report:
    """The report with narrow nets, a few pictures a step, four steps and an average of G."""
    settings = params.load().report(name).model_dump()
    narrow = {key: value for key, value in {"width": 0.03, "critic_steps": 2}.items() if key in settings}
    return settings_of(name).model_validate(
        {**settings, **narrow, "batch_size": 4, "rate_scale": 1.0, "ema": 0.9, "max_steps": 4, "sample_every": 2, **changes}
    )


def small_faces(folder: Path, settings: Report, count: int = 12, first: int = 0) -> Faces:
    """`count` gradients of the report's crop, in `folder`/faces; every second has black hair."""
    pictures = [archive.jpeg(archive.picture(5 * (first + i))) for i in range(count)]
    raw = archive.write(folder, pictures, {"Black_Hair": list(range(0, count, 2))})
    crop = params.load().crop(settings.crop)
    archive.prepare(raw, crop, folder / "faces")
    return Faces.open(folder / "faces", "all")
