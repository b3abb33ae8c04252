"""The page of whatever a checkout holds so far."""

from pathlib import Path

from ganlib import params, paths, progress
from ganlib.errors import UserError
from ganlib.files import replacing
from ganlib.page import curve, document, verdicts
from ganlib.page.experiments import table
from ganlib.page.section import section


def write(output: Path, *, experiments: bool) -> None:
    """Write it to `output`; a UserError where nothing has been trained here."""
    settings = params.load()
    trained = [name for name in (*settings.reports, *settings.baselines) if paths.outputs(name).complete]
    demo = curve.demo() if paths.outputs("curve").complete and paths.metrics("curve").exists() else None
    if not trained and not demo:
        raise UserError(f"nothing has been trained in {Path.cwd()} yet: run `dvc repro`, or one report with `dvc repro evaluate@dense64`")
    sections = [section(name) for name in progress.bar(trained, desc="gathering reports", unit="report")]
    found = table() if experiments else None
    with replacing(output) as target:
        target.write_text(document.page(sections, demo, settings.data, verdicts.claims(), found))
