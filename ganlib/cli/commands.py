"""The commands that use a trained generator. Slow imports are inside the functions, to keep --help fast."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganlib.cli import outputs
from ganlib.cli.options import LIMIT, Conditions, Force, Output, Revision, RunName, parse_conditions, parse_seeds
from ganlib.support import paths
from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from ganlib.use.sampling import Sampler

COLUMNS = 8  # of a sheet of up to 64 pictures

Form = Literal["onnx", "web", "hub"]


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
    """
    numbers, conditions = parse_seeds(seeds), parse_conditions(condition)
    if len(numbers) * best_of > LIMIT:
        raise UserError(f"--best-of {best_of}: more than {LIMIT:,} pictures for {len(numbers)} seeds")
    from ganlib.use import runs

    found = runs.find(run, rev, pretrained=True)
    path = output or paths.exports(found.name) / "sheet.png"
    if path.suffix not in ("", ".png", ".npy") and not path.is_dir():
        raise UserError(f"{path}: must be a folder or end in .png or .npy")
    outputs.refuse_overwrite(path, force)

    outputs.announce(found.name)
    from ganlib.use.sampling import Sampler

    sampler = Sampler(found)
    if best_of > 1:
        numbers = sampler.best_of(best_of, numbers, **conditions)
    _save(sampler, numbers, conditions, path)
    shown = seeds if best_of == 1 else ",".join(map(str, numbers))
    others = len([*path.glob("*.png")]) - len(numbers) if path.is_dir() else 0
    earlier = f"; {others} earlier {'one is' if others == 1 else 'ones are'} still there" if others else ""
    typer.echo(f"{path}: {len(numbers)} {'picture' if len(numbers) == 1 else 'pictures'} of {found.name}, seeds {shown}{earlier}")


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
    """
    if training and (seeds, frames, condition) != (None, None, None):
        raise UserError("--training: cannot be combined with --seeds, --frames or --condition")
    numbers, conditions = parse_seeds(seeds or "1-5"), parse_conditions(condition)
    from ganlib.use import runs

    found = runs.find(run, rev, pretrained=True)
    path = output or paths.exports(found.name) / ("training.webp" if training else "walk.webp")
    outputs.check_suffix(path, ".webp", ".gif")
    outputs.refuse_overwrite(path, force)
    outputs.announce(found.name)
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

    known = information.describe(runs.find(run, rev, pretrained=True))
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
    """
    from ganlib.use import runs

    found = runs.find(run, rev, pretrained=True)
    path = output or paths.exports(found.name) / {"onnx": "generator.onnx", "web": "faces.html", "hub": "hub"}[form]
    if form == "hub" and path.is_file():
        raise UserError(f"{path}: is a file; --format hub writes a folder")
    if form != "hub":
        outputs.check_suffix(path, {"onnx": ".onnx", "web": ".html"}[form])
    outputs.refuse_overwrite(path, force)

    outputs.announce(found.name)
    from ganlib.use.sampling import Sampler

    write = import_module(f"ganlib.use.export.{form}").export
    with outputs.writing(path):
        message = write(Sampler(found), path)
    typer.echo(f"{path}: {message}")
