"""Scores of reports over seeds: appends a row to benchmarks/seeds.csv for each training; docs/seeds.md is written from it.

    python -m benchmarks.seeds --seeds 5 dcgan64 dense64 curve

Uses the data set that params.yaml selects, whose faces and references must exist (`dvc repro`). A training that has a row is skipped;
an interrupted one resumes. A row names the kernels that computed it: others round differently, and after some hundred steps the training
is a different sample.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image

from ganlib import params
from ganlib.core.device import device, kernels, processor
from ganlib.core.tables import append_row, final_metrics, read_csv, write_json
from ganlib.curve import training as curve
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes, memorised
from ganlib.fidelity.reference import Reference
from ganlib.fidelity.scores import compare, floor
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.paths import Outputs
from ganlib.training import loop

TABLE = Path("benchmarks/seeds.csv")
EVENING = {"toons": Path("docs/evening"), "celeba_preview": Path("docs/evening/photographs")}  # last sheets of the evening's trainings
RUNS = Path("data/seeds")
KEY = ("report", "dataset", "scale", "samples", "seed", "cpu", "kernels", "threads")
SCORES = ("kid", "fid", "mind", "precision", "recall", "density", "coverage")
TRAINING = ("step", "d_accuracy", "d_real", "fooled", "diversity", "elbo", "convergence", "k", "balance", "d_score", "within_bounds")
COLUMNS = (*KEY, "pictures", *SCORES, *TRAINING)


def main(
    reports: Annotated[list[str], typer.Argument(help="Names of reports; curve for the demo.")],
    seeds: Annotated[int, typer.Option(help="How many, from 1 on.")] = 5,
    runs: Annotated[Path, typer.Option(help="Where the trainings are left.")] = RUNS,
) -> None:
    """Train and score each report with each seed."""
    known = {tuple(row[name] for name in KEY) for row in rows()}
    for report in reports:
        for seed in range(1, seeds + 1):
            key = circumstances(report, seed)
            if tuple(key.values()) not in known:
                folder = run_folder(key, runs)
                found = figures(report, seed, folder)
                if key["scale"] == "evening" and key["dataset"] in EVENING:
                    sheets = EVENING[key["dataset"]]
                    sheets.mkdir(parents=True, exist_ok=True)
                    with Image.open(max((Outputs.below(folder).progress / "samples").glob("*.png"))) as sheet:
                        sheet.quantize(256).save(sheets / f"{report}.png", optimize=True)  # a third of the bytes, for git
                    write_json(key | found, sheets / f"{report}.json")
                append_row({column: (key | found).get(column, "") for column in COLUMNS}, TABLE)
                shown = (f"{figure} {found[figure]}" for figure in (*SCORES, *TRAINING) if figure in found)
                typer.echo(f"{report}, seed {seed}: {', '.join(shown)}")


def rows() -> list[dict[str, str]]:
    """The rows of the table so far."""
    return read_csv(TABLE) if TABLE.exists() else []


def circumstances(report: str, seed: int) -> dict[str, str]:
    """What identifies a row."""
    settings = params.load()
    hardware = (processor(), kernels(), settings.numerics.threads or torch.get_num_threads())
    values = (report, settings.dataset, settings.data.scale, settings.data.samples, seed, *hardware)
    return dict(zip(KEY, map(str, values), strict=True))


def run_folder(key: Mapping[str, str], runs: Path) -> Path:
    """The folder in `runs` of the training that `circumstances` identify."""
    return runs / "-".join(key[name] for name in KEY if name != "cpu")


def figures(name: str, seed: int, folder: Path) -> dict[str, str]:
    """All figures of one training; those of an evening with floors and `closer_than_held_out`, and its closest.png."""
    settings = params.load()
    outputs = Outputs.below(folder)
    if name == "curve":
        found = {"step": settings.curve.steps, **curve.train(settings.curve, outputs, seed=seed)}
        return {figure: f"{value:.5g}" for figure, value in found.items()}
    report, protocol = settings.report(name), settings.protocol
    faces = Faces.open(paths.faces(report.crop), settings.data.split)
    # Separate checkpoints: kernels and threads are not part of a run's identity, so it could resume a run of others.
    loop.train(name, report, faces, outputs, folder / "checkpoints", seed=seed, log_every=settings.log_every)
    reference = Reference.load(paths.features(report.crop, protocol))
    fakes = Fakes.of(outputs.run / "generator.safetensors", Faces.open(paths.faces(report.crop), "all"), reference.scored_rows, seed)
    fake = fakes.features(inception.load(device(), protocol=protocol), f"features of {name}, seed {seed}")
    found = compare(reference.scored, fake, SCORES) | final_metrics(outputs.progress / "log.csv")
    if settings.data.scale == "evening" and reference.floor_reals is not None:
        found |= floor(reference.scored, reference.floor_reals, SCORES)
        found |= memorised(fakes, Faces.open(paths.faces(report.crop), "all"), faces.rows, reference.held_out_rows, folder / "closest.png")
    return {"pictures": "" if settings.data.drawn else faces.short_digest, **{figure: f"{value:.5g}" for figure, value in found.items()}}


if __name__ == "__main__":
    run(main)
