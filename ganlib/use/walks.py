"""Animations: a walk from face to face, and the sample sheets of a training."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from ganlib.support import console, paths
from ganlib.support.errors import UserError
from ganlib.support.files import replacing
from ganlib.use import latents
from ganlib.use.runs import Run
from ganlib.use.sampling import Sampler

EDGE = 256  # minimum edge of a walk's frames, which are enlarged by a whole factor
STEP, SHEET, END = 80, 700, 2500  # milliseconds: a frame of a walk, a sheet of a training, its last sheet
CAPTION = 24  # pixels


def walk(sampler: Sampler, seeds: Sequence[int], frames: int, **conditions: str) -> list[Image.Image]:
    """`frames` pictures along the arcs from each seed's z to the next and from the last to the first, for an endless loop."""
    if not 2 <= len(seeds) <= frames:
        raise UserError(f"--frames {frames}: a walk needs 2 seeds or more, and a frame for each of them; --seeds names {len(seeds)}")
    z = sampler.z(seeds)
    positions = np.arange(frames) * len(seeds) / frames
    path = [latents.slerp(z[int(position)], z[(int(position) + 1) % len(seeds)], position % 1) for position in positions]
    pictures = sampler.from_latents(np.array(path, np.float32), **conditions)
    edge = pictures.shape[-1] * -(-EDGE // pictures.shape[-1])
    images = (Image.fromarray(picture) for picture in pictures.transpose(0, 2, 3, 1))
    return [image.resize((edge, edge), Image.Resampling.BICUBIC) for image in images]


def training(run: Run) -> list[Image.Image]:
    """The sample sheets of a training, which share one z, each with its step below it."""
    folder = paths.outputs(run.name).progress / "samples"
    found = run.get(folder)
    if found is None:
        raise UserError(f"--training: {folder}: not found; only a run in a checkout has the sheets of its training")
    return [_captioned(path) for path in sorted(found.glob("*.png"))]


def _captioned(path: Path) -> Image.Image:
    with Image.open(path) as sheet:
        frame = Image.new("RGB", (sheet.width, sheet.height + CAPTION), "white")
        frame.paste(sheet)
    centre = (frame.width / 2, frame.height - CAPTION / 2)
    ImageDraw.Draw(frame).text(centre, f"step {int(path.stem):,}", "black", ImageFont.load_default(CAPTION * 0.7), anchor="mm")
    return frame


def save(frames: Sequence[Image.Image], milliseconds: Sequence[int], path: Path) -> None:
    """Write an endless .webp or .gif, each frame with its duration; equal frames give equal bytes."""
    with replacing(path) as target, console.bar(total=len(frames), desc=f"writing {path.name}", unit="frame", delay=2, leave=False) as bar:
        first, rest = frames[0], _counted(frames[1:], bar)
        options: dict[str, Any] = {"quality": 80, "method": 4} if path.suffix.lower() == ".webp" else {}
        first.save(target, save_all=True, append_images=rest, duration=list(milliseconds), loop=0, **options)


def _counted(frames: Iterable[Image.Image], bar: "tqdm[Any]") -> Iterator[Image.Image]:
    for frame in frames:
        bar.update()
        yield frame
