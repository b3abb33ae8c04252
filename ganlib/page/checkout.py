"""The page of whatever a checkout holds so far."""

import os
from pathlib import Path

from ganlib import params
from ganlib.page import curve, document, verdicts
from ganlib.page.experiments import table
from ganlib.page.section import section
from ganlib.support import paths, progress
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

EXPORTS = {
    "faces.html": "draw faces in the browser",
    "walk.webp": "a walk from face to face",
    "training.webp": "its training as an animation",
    "sheet.png": "a sheet by seeds",
    "generator.onnx": "ONNX",
}


def write(output: Path, *, experiments: bool) -> None:
    """Write it to `output`; a UserError where nothing has been trained here."""
    settings = params.load()
    trained = [name for name in (*settings.reports, *settings.baselines) if paths.outputs(name).complete]
    demo = curve.demo() if paths.outputs("curve").complete and paths.metrics("curve").exists() else None
    if not trained and not demo:
        raise UserError(f"nothing has been trained in {Path.cwd()} yet: run `dvc repro`, or one report with `dvc repro evaluate@dense64`")
    bar = progress.bar(trained, desc="gathering reports", unit="report")
    sections = [section(name) | {"exports": exports(name, output)} for name in bar]
    found = table() if experiments else None
    with replacing(output) as target:
        target.write_text(document.page(sections, demo, settings.data, verdicts.claims(), found), encoding="utf-8")


def exports(report: str, output: Path) -> list[tuple[str, str]]:
    """What the commands made of the report's generator: words and the address as seen from the page `output`."""
    found = [(words, paths.exports(report) / name) for name, words in EXPORTS.items()]
    return [(words, Path(os.path.relpath(path, output.parent)).as_posix()) for words, path in found if path.exists()]
