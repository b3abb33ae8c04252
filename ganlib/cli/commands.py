"""The commands that use a trained generator. What takes long to import is imported inside them, so that --help need not wait for it."""

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
MOST = 100_000  # pictures of one command


def _started(incomplete: str) -> list[str]:
    return [name for name in registry.names() if name.startswith(incomplete)]


RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A report's name, a folder or a .safetensors file.",
        show_default=False,
        autocompletion=_started,
    ),
]
Revision = Annotated[str | None, typer.Option("--rev", help="Take it from a commit, a branch, a tag or an experiment.", show_default=False)]
Conditions = Annotated[
    list[str] | None,
    typer.Option("--condition", metavar="GROUP=VALUE", help="hair=Blond_Hair; once for each group.", show_default=False),
]
Form = Literal["onnx", "web", "hub"]
Place = Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def sample(
    run: RunName,
    seeds: Annotated[str, typer.Option(metavar="NUMBERS", help="Which pictures: numbers and ranges, as in 3,7,10-20.")] = "1-64",
    condition: Conditions = None,
    best_of: Annotated[int, typer.Option(min=1, help="Draw so many for each, and keep the one of least energy by D.")] = 1,
    output: Place = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Draw pictures. A seed names a picture: it is the same whatever else is drawn.

    PATH is a sheet if it ends in .png, an array (n, 3, S, S) uint8 if in .npy, else a folder that gets seed0007.png and so on. By default
    it is exports/<report>/sheet.png.

    \b
    Examples:
      ganlib sample dcgan64
      ganlib sample began64 --condition hair=Blond_Hair --seeds 1-8 -o blond/
    """  # noqa: D301 (as in ganlib/cli/main.py)
    numbers, given = _numbers(seeds), _pairs(condition)
    if len(numbers) * best_of > MOST:
        raise UserError(f"--best-of {best_of}: for {len(numbers)} seeds these are more than {MOST:,} pictures")
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / "sheet.png"
    if path.suffix not in ("", ".png", ".npy") and not path.is_dir():
        raise UserError(f"{path}: must end in .png or .npy, or be a folder")
    outputs.unused(path, force)

    from ganlib.use.sampling import Sampler

    generator = Sampler(found)
    if best_of > 1:
        numbers = generator.best_of(best_of, numbers, **given)
    _save(generator, numbers, given, path)
    shown = seeds if best_of == 1 else ",".join(map(str, numbers))
    typer.echo(f"{path}: {len(numbers)} {'picture' if len(numbers) == 1 else 'pictures'} of {found.name}, seeds {shown}")


def _save(generator: "Sampler", seeds: list[int], conditions: dict[str, str], path: Path) -> None:
    import numpy as np
    import torch
    from PIL import Image

    from ganlib.core.images import save_sheet
    from ganlib.support.files import replacing

    pictures = generator.sample(seeds, **conditions)
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
    seeds: Annotated[str | None, typer.Option(metavar="NUMBERS", help="Faces on the way; by default 1-5.", show_default=False)] = None,
    frames: Annotated[int | None, typer.Option(min=2, help="Pictures in all; by default 60.", show_default=False)] = None,
    condition: Conditions = None,
    training: Annotated[bool, typer.Option("--training", help="Show the sheets of one fixed z that the training left instead.")] = False,
    output: Place = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Walk from face to face and back to the first, or show how a training went, as an animation.

    PATH ends in .webp or .gif; by default it is exports/<report>/walk.webp, or training.webp.

    \b
    Examples:
      ganlib animate dcgan64 --seeds 7,12,30 -o walk.gif
      ganlib animate dcgan64 --training
    """  # noqa: D301 (as in ganlib/cli/main.py)
    if training and (seeds, frames, condition) != (None, None, None):
        raise UserError("--training: shows the z that the training drew, so --seeds, --frames and --condition do not go with it")
    numbers, given = _numbers(seeds or "1-5"), _pairs(condition)
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / ("training.webp" if training else "walk.webp")
    outputs.ending(path, ".webp .gif")
    outputs.unused(path, force)
    from ganlib.use import walks
    from ganlib.use.sampling import Sampler

    if training:
        images = walks.training(found)
        times = [walks.SHEET] * (len(images) - 1) + [walks.END]
    else:
        images = walks.walk(Sampler(found), numbers, frames or 60, **given)
        times = [walks.STEP] * len(images)
    with outputs.writing(path):
        walks.save(images, times, path)
    typer.echo(f"{path}: {len(images)} frames of {found.name}")


def info(
    run: RunName,
    rev: Revision = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what is known of a generator: settings, parameters, scores with N, interval and floor, and where it came from."""
    from ganlib.use import information, runs

    known = information.describe(runs.find(run, rev))
    typer.echo(json.dumps(known, indent=2) if as_json else "\n".join(information.lines(known)))


def export(
    run: RunName,
    form: Annotated[Form, typer.Option("--format", help="onnx: a file; web: a page that draws faces; hub: a folder to upload.")],
    output: Place = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Write a generator in a form that needs no ganlib: one ONNX file, one page that draws faces by itself, or a model for the Hub.

    By default PATH is exports/<report>/generator.onnx, faces.html or hub/.

    \b
    Examples:
      ganlib export dcgan64 --format web
      ganlib export began64 --format onnx -o began64.onnx
    """  # noqa: D301 (as in ganlib/cli/main.py)
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / {"onnx": "generator.onnx", "web": "faces.html", "hub": "hub"}[form]
    if form == "hub" and path.is_file():
        raise UserError(f"{path}: is a file, and a folder is to be written")
    if form != "hub":
        outputs.ending(path, {"onnx": ".onnx", "web": ".html"}[form])
    outputs.unused(path, force)

    from ganlib.use.sampling import Sampler

    write = import_module(f"ganlib.use.export.{form}").export
    with outputs.writing(path):
        said = write(Sampler(found), path)
    typer.echo(f"{path}: {said}")


def _numbers(text: str) -> list[int]:
    """The seeds that `text` names, in its order."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise UserError(f"--seeds: {text!r}: must be numbers and ranges, as in 1-64 or 3,7,10-20")
        low, high = int(first), int(last or first)
        if high < low:
            raise UserError(f"--seeds: {part.strip()} goes down; from the smaller to the larger number")
        if len(numbers) + high - low >= MOST:
            raise UserError(f"--seeds: {text!r} are more than {MOST:,} pictures")
        numbers += range(low, high + 1)
    return numbers


def _pairs(conditions: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for condition in conditions or ():
        group, equals, value = condition.partition("=")
        if not equals:
            raise UserError(f"--condition: {condition!r}: must be group=value, as in hair=Blond_Hair")
        if group in pairs:
            raise UserError(f"--condition: {group} is given twice")
        pairs[group] = value
    return pairs
