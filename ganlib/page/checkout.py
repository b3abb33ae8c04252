"""The page of everything trained in a checkout so far, and of what is training: `ganlib page` and `ganlib watch`."""

import os
from pathlib import Path
from typing import Any

from ganlib import params
from ganlib.page import demo, document, running, verdicts
from ganlib.page.collect import collect
from ganlib.page.experiments import show, tabulate
from ganlib.page.origin import origin
from ganlib.params import Params
from ganlib.support import console, paths
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

EXPORTS = {
    "faces.html": "draw faces in the browser",
    "walk.webp": "a walk from face to face",
    "training.webp": "the training as an animation",
    "sheet.png": "a sheet by seeds",
    "generator.onnx": "ONNX",
}


def write(output: Path, *, experiments: bool) -> None:
    """Write the page to `output`; a UserError if nothing has been trained and nothing is training."""
    settings = params.load()
    names, curve, active = trained(settings), collect_curve(), running.collect(settings)
    if not names and not curve and not active:
        raise UserError(f"nothing has been trained in {Path.cwd()} yet: run `dvc repro`, or one report with `dvc repro evaluate@dense64`")
    bar = console.bar(names, desc="collecting reports", unit="report")
    sections = [collect(name) | {"exports": exports(name, output)} for name in bar]
    found = tabulate(show()) if experiments else None
    with replacing(output) as target:
        page = document.page(sections, curve, settings.data, verdicts.claims(), found, active, origin=origin(names))
        target.write_text(page, encoding="utf-8")


def trained(settings: Params) -> list[str]:
    """The reports and baselines that have been trained."""
    return [name for name in (*settings.reports, *settings.baselines) if paths.outputs(name).complete]


def collect_curve() -> dict[str, Any] | None:
    """The results of the curve demo; None before its training."""
    return demo.collect() if paths.outputs("curve").complete and paths.metrics("curve").exists() else None


def exports(report: str, output: Path) -> list[tuple[str, str]]:
    """What was exported from the report's generator: descriptions and addresses relative to the page `output`."""
    found = [(words, paths.exports(report) / name) for name, words in EXPORTS.items()]
    return [(words, Path(os.path.relpath(path, output.parent)).as_posix()) for words, path in found if path.exists()]
