"""Two places on the disk scored against each other: the work of `ganlib score`.

A place is a folder or a zip of picture files, a .npy of pictures or a folder of such shards, or the .npz of pictures' statistics.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from ganlib.core.device import device
from ganlib.data.archive import LIMIT, Archive
from ganlib.data.shards import INDEX, PICTURES, mapped
from ganlib.fidelity import inception, scores
from ganlib.fidelity.frechet import Statistics
from ganlib.score.strict_decode import BrokenPictureError, decode
from ganlib.support import parallel, progress
from ganlib.support.errors import UserError
from ganlib.support.parallel import parallel_map
from ganlib.support.types import EXTRACTOR, Protocol

SEED = 0  # of KID's subsets and of the halves that make the floor, so that equal pictures have equal scores
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


class File(NamedTuple):
    """A picture file: what it is called towards people, and what reads it or says what is wrong by an OSError or a ValueError."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Pictures:
    """`count` pictures in batches of (n, 3, H, W) uint8, to be gone through once, and the names of the broken ones that were left out."""

    batches: Iterable[np.ndarray]
    count: int
    broken: Sequence[str] = ()


def score(
    fakes: Path, reals: Path, metrics: Collection[str], protocol: Protocol, weights: Path | None, skip_broken: bool
) -> dict[str, Any]:
    """The scores named in `metrics`, the floors of FID and KID where there are twice as many reals as fakes, and how all was taken.

    A statistics file serves FID alone.
    """
    places = (fakes, reals)
    for place in places:
        if not place.exists():
            raise UserError(f"{place}: does not exist")
    with warnings.catch_warnings(), ExitStack() as archives:
        warnings.filterwarnings("ignore", module="PIL")  # on damaged metadata, of pictures that are then read whole or refused
        sides = [open_place(place, protocol, skip_broken, archives) for place in places]
        network = None if all(isinstance(side, Statistics) for side in sides) else inception.load(device(), weights, protocol)
        fake, real = (
            side if isinstance(side, Statistics) else inception.features(network, side.batches, f"features of {place}", side.count)
            for side, place in zip(sides, places, strict=True)
        )
    figures: dict[str, Any] = scores.compare(real, fake, metrics, seed=SEED)
    fake_count, real_count = (side.count for side in sides)
    if isinstance(real, np.ndarray) and fake_count and real_count >= 2 * fake_count:
        figures |= scores.floor(*scores.halves(real, fake_count, seed=SEED), metrics, seed=SEED)
    figures |= {"fake_samples": fake_count, "real_samples": real_count, "extractor": EXTRACTOR, "protocol": protocol}
    skipped = [name for side in sides if isinstance(side, Pictures) for name in side.broken]
    return figures | ({"skipped": skipped} if skipped else {})


def open_place(place: Path, protocol: Protocol, skip_broken: bool, archives: ExitStack) -> Pictures | Statistics:
    """What lies at a place, checked; a zip stays open until `archives` is left. A mistake in it is a UserError that names it."""
    if (place / INDEX).is_file() and (shards := sorted(place.glob("*.npy"))):
        return _arrays(shards)
    if place.is_dir():
        return _whole_files(place, _in_folder(place), skip_broken)
    match place.suffix:
        case ".zip":
            return _whole_files(place, _in_zip(place, archives), skip_broken)
        case ".npy":
            return _arrays([place])
        case ".npz":
            return Statistics.load(place, EXTRACTOR, protocol)
        case _:
            raise UserError(f"{place}: is neither a folder nor a .zip, .npy or .npz")


def _arrays(paths: Sequence[Path]) -> Pictures:
    """.npy files of (N, 3, H, W) or (N, H, W, 3) uint8 pictures, mapped into memory; anything else is a UserError."""
    batches = []
    for path in paths:
        pictures = mapped(path)
        if 3 not in (pictures.shape[1], pictures.shape[3]):
            raise UserError(f"{path}: holds {pictures.dtype} of shape {pictures.shape}; {PICTURES}")
        batches.append(pictures if pictures.shape[1] == 3 else pictures.transpose(0, 3, 1, 2))
    return Pictures(batches, sum(map(len, batches)))


def _whole_files(place: Path, files: Sequence[File], skip_broken: bool) -> Pictures:
    """The pictures of a place, all 8-bit RGB of one size.

    Each is decoded once at the start, in minutes, so that no mistake in the last comes up after Inception's hours. A picture that
    `decode` refuses is a UserError, and so are two of different sizes; broken ones may be skipped.
    """
    if not files:
        raise UserError(f"{place}: holds no picture: no file ends in {', '.join(SUFFIXES)}")
    sizes, whole, broken = {}, [], []
    with progress.bar(total=len(files), desc=f"checking {place}", unit="picture", delay=5) as bar:
        for file, picture in zip(files, _decoded(files), strict=True):
            bar.update()
            if isinstance(picture, BrokenPictureError):
                if not skip_broken:
                    raise UserError(f"{picture}; --skip-broken leaves such files out")
                broken.append(file.name)
                continue
            whole.append(file)
            sizes.setdefault(f"{picture.shape[2]}x{picture.shape[1]}", file.name)
            if len(sizes) > 1:
                (one, first), (other, second) = sizes.items()
                raise UserError(f"{place}: pictures must have one size, and {first} is {one} and {second} {other}")
    if not whole:
        raise UserError(f"{place}: holds no whole picture among {len(broken)}")
    return Pictures(_batches(whole), len(whole), broken)


def _batches(files: Sequence[File]) -> Iterator[np.ndarray]:
    for picture in _decoded(files):
        if isinstance(picture, BrokenPictureError):  # damaged since it was checked
            raise picture
        yield picture[None]


def _decoded(files: Sequence[File]) -> Iterator[np.ndarray | BrokenPictureError]:
    """The pictures in order, decoded on as many threads as cores, a few before they are asked for; a broken one as its error."""
    workers = parallel.core_count()
    with ThreadPoolExecutor(workers) as pool:
        yield from parallel_map(pool, _decode, files, pending=4 * workers)


def _decode(file: File) -> np.ndarray | BrokenPictureError:
    try:
        return decode(file.read(), file.name)
    except BrokenPictureError as error:
        return error
    except (OSError, ValueError) as error:
        return BrokenPictureError(f"{file.name}: is no readable picture: {error}")


def _in_folder(folder: Path) -> list[File]:
    paths = sorted(path for path in folder.rglob("*") if _is_picture(path.relative_to(folder)) and path.is_file())
    for path in paths:
        if path.stat().st_size > LIMIT:  # as in a zip
            raise UserError(f"{path}: has {path.stat().st_size:,} bytes, and {LIMIT:,} are the limit of a picture file")
    return [File(str(path), path.read_bytes) for path in paths]


def _in_zip(path: Path, archives: ExitStack) -> list[File]:
    try:
        archive = archives.enter_context(closing(Archive(path)))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    members = sorted((name for name in archive.entries if _is_picture(PurePosixPath(name))), key=PurePosixPath)
    return [File(f"{path}/{name}", partial(archive.read, name)) for name in members]


def _is_picture(name: PurePath) -> bool:
    """By its suffix, and unless it is hidden: macOS leaves a ._copy of each file, notebooks a folder .ipynb_checkpoints."""
    return name.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in name.parts)
