"""The generators that ganlib ships: an evening's runs on drawn faces in half precision, with their settings, scores and provenance.

    python -m benchmarks.seeds --seeds 1 dcgan64    # with `scale: evening` and `samples: 1000` for `toons`
    python -m benchmarks.pretrained dcgan64

The scores are those of the file that is shipped, by `evaluate` as in the pipeline.
"""

import shutil
import subprocess
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks import seeds
from ganlib import params
from ganlib.core.device import processor
from ganlib.core.tables import write_json
from ganlib.models import store
from ganlib.support import paths
from ganlib.support.checks import FILE
from ganlib.support.command import run
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from ganlib.use.runs import FILES, PRETRAINED
from stages import evaluate

SEED = 1


def main(reports: Annotated[list[str], typer.Argument(help="Names of reports, whose evening with seed 1 is in data/seeds.")]) -> None:
    """Ship the generator of each report."""
    settings = params.load()
    if (settings.data.kind, settings.data.scale) != ("toons", "evening"):
        raise UserError("params.yaml: only generators of drawn faces at `scale: evening` are shipped, never of photographs")
    PRETRAINED.mkdir(exist_ok=True)
    shutil.copyfile(FILE, PRETRAINED / FILE)
    for report in reports:
        trained = Outputs.below(seeds.run_folder(seeds.circumstances(report, SEED), seeds.RUNS))
        shipped = PRETRAINED / paths.outputs(report).run
        shipped.mkdir(parents=True, exist_ok=True)
        generator, report_settings = store.load(trained.run / FILES[0])
        store.save(generator.half(), "generator", report, report_settings, shipped / FILES[0])
        shutil.copyfile(trained.run / "config.yaml", shipped / "config.yaml")
        write_json(provenance(report), shipped / "provenance.json")
        details = PRETRAINED / paths.details(report)
        details.parent.mkdir(parents=True, exist_ok=True)
        score(report, shipped, trained.progress, details)
        typer.echo(f"{report}: {(shipped / FILES[0]).stat().st_size:,} bytes in {shipped}")


def provenance(report: str) -> dict[str, str]:
    """What made a generator."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    command = f"python -m benchmarks.seeds --seeds 1 {report}"
    return {"command": command, "commit": commit, "processor": processor(), "torch": torch.__version__}


def score(report: str, generator: Path, progress: Path, details: Path) -> None:
    """Evaluate the run folder `generator` in a checkout of links, and keep all figures in `details`."""
    outputs = paths.outputs(report)
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder)
        links = {path: path for path in (FILE, Path("data/faces"), Path("data/reference"))}
        for link, target in (links | {outputs.run: generator, outputs.progress: progress}).items():
            (temporary / link).parent.mkdir(parents=True, exist_ok=True)
            (temporary / link).symlink_to(target.absolute())
        with chdir(temporary):
            evaluate.main(report)
        shutil.copyfile(temporary / paths.details(report), details)


if __name__ == "__main__":
    run(main)
