"""The commands that run the pipeline or use a trained generator. Slow imports are inside the functions, to keep --help fast."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganlib.cli import outputs
from ganlib.models import registry
from ganlib.support import paths
from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from ganlib.use.sampling import Sampler

COLUMNS = 8  # of a sheet of up to 64 pictures
LIMIT = 100_000  # pictures per command


def _complete_report(incomplete: str) -> list[str]:
    return [name for name in registry.names() if name.startswith(incomplete)]


RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A trained report, a run's folder or a .safetensors file.",
        show_default=False,
        autocompletion=_complete_report,
    ),
]
Revision = Annotated[str | None, typer.Option("--rev", help="Read RUN from this commit, branch, tag or experiment.", show_default=False)]
Conditions = Annotated[
    list[str] | None,
    typer.Option("--condition", metavar="GROUP=VALUE", help="As in hair=Blond_Hair. Repeat for other groups.", show_default=False),
]
Form = Literal["onnx", "web", "hub"]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="Where to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite PATH.")]


def repro(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET", help="As for `dvc repro`. Default: dvc.yaml.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, metavar="N", help="Stages at once. Default: as many as cores.", show_default=False),
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going/--fail-fast", "-k/-x", help="After a failure, start what does not need it, or nothing.")
    ] = True,
) -> None:
    """Run the stale stages of a pipeline side by side.

    It runs what `dvc repro` would run, in the order of DVC's graph; DVC records each stage, in dvc.lock as always. OMP_NUM_THREADS, unless
    set, is the number of cores divided by N. On one GPU, choose an N whose trainings fit its memory.

    A failing stage stops only what needs it, as with `dvc repro -k`; the exit status is then 1. Ctrl-C lets trainings save a checkpoint; a
    second one ends them at once. The output of each stage is in .checkpoints/logs/.

    \b
    Examples:
      ganlib repro
      ganlib repro -j 4 studies/dvc.yaml:study@unequal_rates
    """  # noqa: D301 (click expects the \b itself before lines that it must not wrap)
    from ganlib.lanes.repro import repro as run

    if not run(targets or ["dvc.yaml"], jobs, keep_going):
        typer.echo("Data and pipelines are up to date.")
    if not targets:
        from ganlib.page.epilogue import epilogue

        for line in epilogue():
            typer.echo(line)


def sample(
    run: RunName,
    seeds: Annotated[str, typer.Option(metavar="NUMBERS", help="Seeds of the pictures: numbers and ranges, as in 3,7,10-20.")] = "1-64",
    condition: Conditions = None,
    best_of: Annotated[
        int, typer.Option(min=1, metavar="N", help="Generate N pictures per seed and keep the one with the lowest energy.")
    ] = 1,
    output: Output = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Generate pictures.

    The same seed always gives the same picture.

    PATH is a sheet if it ends in .png, an array (n, 3, S, S) uint8 if it ends in .npy, otherwise a folder of files seed0007.png, ...
    Default: exports/<report>/sheet.png.

    \b
    Examples:
      ganlib sample dcgan64
      ganlib sample began64 --condition hair=Blond_Hair --seeds 1-8 -o blond/
    """  # noqa: D301 (click expects the \b itself before lines that it must not wrap)
    numbers, conditions = _parse_seeds(seeds), _parse_conditions(condition)
    if len(numbers) * best_of > LIMIT:
        raise UserError(f"--best-of {best_of}: more than {LIMIT:,} pictures for {len(numbers)} seeds")
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / "sheet.png"
    if path.suffix not in ("", ".png", ".npy") and not path.is_dir():
        raise UserError(f"{path}: must be a folder or end in .png or .npy")
    outputs.refuse_overwrite(path, force)

    from ganlib.use.sampling import Sampler

    sampler = Sampler(found)
    if best_of > 1:
        numbers = sampler.best_of(best_of, numbers, **conditions)
    _save(sampler, numbers, conditions, path)
    shown = seeds if best_of == 1 else ",".join(map(str, numbers))
    typer.echo(f"{path}: {len(numbers)} {'picture' if len(numbers) == 1 else 'pictures'} of {found.name}, seeds {shown}")


def _save(sampler: "Sampler", seeds: list[int], conditions: dict[str, str], path: Path) -> None:
    import numpy as np
    import torch
    from PIL import Image

    from ganlib.core.images import save_sheet
    from ganlib.support.files import replacing

    pictures = sampler.sample(seeds, **conditions)
    with outputs.writing(path):
        if path.suffix == ".png" and not path.is_dir():
            columns = max(min(COLUMNS, len(seeds)), math.isqrt(len(seeds) - 1) + 1 if len(seeds) > COLUMNS**2 else 1)
            save_sheet(torch.from_numpy(pictures), columns, path)
        elif path.suffix == ".npy" and not path.is_dir():
            with replacing(path) as target, target.open("wb") as file:
                np.save(file, pictures)
        else:
            path.mkdir(parents=True, exist_ok=True)
            for seed, picture in zip(seeds, pictures.transpose(0, 2, 3, 1), strict=True):
                Image.fromarray(picture).save(path / f"seed{seed:04}.png")


def animate(
    run: RunName,
    seeds: Annotated[
        str | None, typer.Option(metavar="NUMBERS", help="Seeds of the faces to visit. Default: 1-5.", show_default=False)
    ] = None,
    frames: Annotated[int | None, typer.Option(min=2, help="Number of frames. Default: 60.", show_default=False)] = None,
    condition: Conditions = None,
    training: Annotated[bool, typer.Option("--training", help="Show the sample sheets of the training instead.")] = False,
    output: Output = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Animate a walk from face to face, or the progress of a training.

    The walk returns to the first face. PATH ends in .webp or .gif. Default: exports/<report>/walk.webp or training.webp.

    \b
    Examples:
      ganlib animate dcgan64 --seeds 7,12,30 -o walk.gif
      ganlib animate dcgan64 --training
    """  # noqa: D301 (click expects the \b itself before lines that it must not wrap)
    if training and (seeds, frames, condition) != (None, None, None):
        raise UserError("--training: cannot be combined with --seeds, --frames or --condition")
    numbers, conditions = _parse_seeds(seeds or "1-5"), _parse_conditions(condition)
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / ("training.webp" if training else "walk.webp")
    outputs.check_suffix(path, ".webp", ".gif")
    outputs.refuse_overwrite(path, force)
    from ganlib.use import walks
    from ganlib.use.sampling import Sampler

    if training:
        images = walks.training(found)
        times = [walks.SHEET] * (len(images) - 1) + [walks.END]
    else:
        images = walks.walk(Sampler(found), numbers, frames or 60, **conditions)
        times = [walks.STEP] * len(images)
    with outputs.writing(path):
        walks.save(images, times, path)
    typer.echo(f"{path}: {len(images)} frames of {found.name}")


def info(
    run: RunName,
    rev: Revision = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print settings, scores and origin of a generator.

    Each score has its N, 95% interval and floor.
    """
    from ganlib.use import information, runs

    known = information.describe(runs.find(run, rev))
    typer.echo(json.dumps(known, indent=2) if as_json else "\n".join(information.lines(known)))


def export(
    run: RunName,
    form: Annotated[Form, typer.Option("--format", help="onnx: a file; web: a page that generates faces; hub: a Hugging Face repository.")],
    output: Output = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Export a generator for use without ganlib.

    It becomes an ONNX file, a web page that generates faces, or a repository for the Hugging Face Hub. Default PATH:
    exports/<report>/generator.onnx, faces.html or hub/.

    \b
    Examples:
      ganlib export dcgan64 --format web
      ganlib export began64 --format onnx -o began64.onnx
    """  # noqa: D301 (click expects the \b itself before lines that it must not wrap)
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / {"onnx": "generator.onnx", "web": "faces.html", "hub": "hub"}[form]
    if form == "hub" and path.is_file():
        raise UserError(f"{path}: is a file; --format hub writes a folder")
    if form != "hub":
        outputs.check_suffix(path, {"onnx": ".onnx", "web": ".html"}[form])
    outputs.refuse_overwrite(path, force)

    from ganlib.use.sampling import Sampler

    write = import_module(f"ganlib.use.export.{form}").export
    with outputs.writing(path):
        message = write(Sampler(found), path)
    typer.echo(f"{path}: {message}")


def handin(
    run: RunName,
    output: Output = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Your own text, in Markdown, for the top of the page.", show_default=False)
    ] = None,
    with_photographs: Annotated[
        bool, typer.Option("--with-photographs", help="Include training pictures even if they are CelebA's photographs.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Commit whose params.yaml has the report's settings. Default: where your branch left origin's, or HEAD.",
            show_default=False,
        ),
    ] = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Write a zip about one run to hand in.

    It contains a page that prints to PDF on A4: the pictures of seeds 1 to 64, 8 interpolations, the 8 nearest training pictures, losses,
    scores, changed settings, the commands that make the run again, hashes and versions. The files are beside it. Default PATH:
    exports/<report>/handin.zip.

    \b
    Examples:
      ganlib handin dcgan64 --notes report.md
      ganlib handin dcgan64 --rev my-experiment -o experiment.zip
    """  # noqa: D301 (click expects the \b itself before lines that it must not wrap)
    if run == "curve":
        raise UserError("curve: draws no pictures, so there is nothing to hand in; `ganlib page` shows its results")
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / "handin.zip"
    outputs.check_suffix(path, ".zip")
    outputs.refuse_overwrite(path, force)
    text = _read_text(notes) if notes else ""

    typer.echo(f"collecting the results of {found.name}", err=True)
    from ganlib.handin import archive

    with outputs.writing(path):
        remarks = archive.write(found, path, notes=text, with_photographs=with_photographs, since=since)
    for remark in remarks:
        typer.echo(f"note: {remark}", err=True)
    typer.echo(f"{path}: hand-in of {found.name}; unpack it to print {path.stem}/index.html to PDF")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--notes {path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8 text'}") from None


def _parse_seeds(text: str) -> list[int]:
    """The seeds of a list such as 3,7,10-20, in its order."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise UserError(f"--seeds: {text!r}: must be numbers and ranges, as in 1-64 or 3,7,10-20")
        low, high = int(first), int(last or first)
        if high < low:
            raise UserError(f"--seeds: {part.strip()}: write the smaller number first")
        if len(numbers) + high - low >= LIMIT:
            raise UserError(f"--seeds: {text!r}: more than {LIMIT:,} pictures")
        numbers += range(low, high + 1)
    return numbers


def _parse_conditions(conditions: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for condition in conditions or ():
        group, equals, value = condition.partition("=")
        if not equals:
            raise UserError(f"--condition: {condition!r}: must be group=value, as in hair=Blond_Hair")
        if group in pairs:
            raise UserError(f"--condition: {group} occurs twice")
        pairs[group] = value
    return pairs
