"""Animations: a walk from face to face, and a training's own sheets one after the other."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from ganlib.support import paths, progress
from ganlib.support.errors import UserError
from ganlib.support.files import replacing
from ganlib.use import latents
from ganlib.use.runs import Run
from ganlib.use.sampling import Sampler

EDGE = 256  # a frame of a walk is enlarged a whole number of times, to this or more
STEP, SHEET, END = 80, 700, 2500  # milliseconds: a frame of a walk, a sheet of a training, its last sheet
CAPTION = 24  # pixels


def walk(generator: Sampler, seeds: Sequence[int], frames: int, **conditions: str) -> list[Image.Image]:
    """`frames` pictures on the way along the seeds' z and back to the first, so that it can be shown over and over."""
    if not 2 <= len(seeds) <= frames:
        raise UserError(f"--frames {frames}: a walk goes along 2 faces or more, and takes a frame for each; --seeds names {len(seeds)}")
    z = generator.z(seeds)
    places = np.arange(frames) * len(seeds) / frames
    way = [latents.slerp(z[int(place)], z[(int(place) + 1) % len(seeds)], place % 1) for place in places]
    pictures = generator.from_latents(np.array(way, np.float32), **conditions)
    edge = pictures.shape[-1] * -(-EDGE // pictures.shape[-1])
    images = (Image.fromarray(picture) for picture in pictures.transpose(0, 2, 3, 1))
    return [image.resize((edge, edge), Image.Resampling.BICUBIC) for image in images]


def training(run: Run) -> list[Image.Image]:
    """The sheets of one fixed z that a training left, each with its step below it."""
    folder = paths.outputs(run.name).progress / "samples"
    found = run.get(folder)
    if found is None:
        raise UserError(f"--training: {folder}: not there; only the run of a whole checkout has the sheets of its training")
    return [_captioned(path) for path in sorted(found.glob("*.png"))]


def _captioned(path: Path) -> Image.Image:
    with Image.open(path) as sheet:
        frame = Image.new("RGB", (sheet.width, sheet.height + CAPTION), "white")
        frame.paste(sheet)
    place = (frame.width / 2, frame.height - CAPTION / 2)
    ImageDraw.Draw(frame).text(place, f"step {int(path.stem):,}", "black", ImageFont.load_default(CAPTION * 0.7), anchor="mm")
    return frame


def save(frames: Sequence[Image.Image], milliseconds: Sequence[int], path: Path) -> None:
    """Write an endless animation as .webp or .gif, each frame for its time; equal frames give equal bytes."""
    with replacing(path) as target, progress.bar(total=len(frames), desc=f"writing {path.name}", unit="frame", delay=2, leave=False) as bar:
        first, rest = frames[0], _counted(frames[1:], bar)
        options = {"quality": 80, "method": 4} if path.suffix.lower() == ".webp" else {}
        first.save(target, save_all=True, append_images=rest, duration=list(milliseconds), loop=0, **options)


def _counted(frames: Iterable[Image.Image], bar: tqdm) -> Iterable[Image.Image]:
    for frame in frames:
        bar.update()
        yield frame
