"""`ganlib score`: two sources scored against each other.

A source is a folder or a zip of picture files, a .npy of pictures, a folder of `prepare`, or a .npz of statistics.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from ganlib.core.device import device
from ganlib.data.archive import LIMIT, Archive
from ganlib.data.faces import ACCEPTED, INDEX, PICTURES, open_npy
from ganlib.data.folder import files, log_left_out
from ganlib.fidelity import inception, scores
from ganlib.fidelity.frechet import Statistics
from ganlib.score.strict_decode import BrokenPictureError, decode
from ganlib.support import console, parallel
from ganlib.support.errors import UserError
from ganlib.support.parallel import parallel_map
from ganlib.support.types import EXTRACTOR, Protocol

SEED = 0  # of the halves for the floor, so that equal pictures have equal scores
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


class File(NamedTuple):
    """A picture file: its name in messages, and a function that reads it or raises OSError or ValueError."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Pictures:
    """`count` pictures in batches of (n, 3, H, W) uint8, to iterate once, and the names of the broken ones that were skipped."""

    batches: Iterable[np.ndarray]
    count: int
    broken: Sequence[str] = ()


def score(
    fakes: Path, reals: Path, metrics: Collection[str], protocol: Protocol, weights: Path | None, skip_broken: bool
) -> dict[str, Any]:
    """The scores named in `metrics`, their floors if there are at least twice as many reals as fakes, and the protocol and counts.

    A statistics file allows FID only.
    """
    sources = (fakes, reals)
    for source in sources:
        if not source.exists():
            raise UserError(f"{source}: does not exist")
    with warnings.catch_warnings(), ExitStack() as archives:
        warnings.filterwarnings("ignore", module="PIL")  # about damaged metadata; the pictures are checked below
        sides = [open_source(source, protocol, skip_broken, archives) for source in sources]
        network = cache(partial(inception.load, device(), weights, protocol))
        fake, real = (
            side if isinstance(side, Statistics) else inception.features(network(), side.batches, f"features of {source}", side.count)
            for side, source in zip(sides, sources, strict=True)
        )
    figures: dict[str, Any] = scores.compare(real, fake, metrics)
    fake_count, real_count = (side.count for side in sides)
    if isinstance(real, np.ndarray) and fake_count and len(real) >= 2 * fake_count:
        figures |= scores.floor(*scores.halves(real, fake_count, seed=SEED), metrics)
    figures |= {"fake_samples": fake_count, "real_samples": real_count, "extractor": EXTRACTOR, "protocol": protocol}
    skipped = [name for side in sides if isinstance(side, Pictures) for name in side.broken]
    return figures | ({"skipped": skipped} if skipped else {})


def open_source(source: Path, protocol: Protocol, skip_broken: bool, archives: ExitStack) -> Pictures | Statistics:
    """Open and check a source; a zip stays open until `archives` closes. Errors in it are UserErrors that name the file."""
    if (source / INDEX).is_file() and (source / PICTURES).is_file():
        return _array(source / PICTURES)
    if source.is_dir():
        return _valid_images(source, _in_folder(source), skip_broken)
    match source.suffix:
        case ".zip":
            return _valid_images(source, _in_zip(source, archives), skip_broken)
        case ".npy":
            return _array(source)
        case ".npz":
            return Statistics.load(source, EXTRACTOR, protocol)
        case _:
            raise UserError(f"{source}: is neither a folder nor a .zip, .npy or .npz")


def _array(path: Path) -> Pictures:
    """Memory-map a .npy file of (N, 3, H, W) or (N, H, W, 3) uint8 pictures; any other array is a UserError."""
    pictures = open_npy(path)
    if 3 not in (pictures.shape[1], pictures.shape[3]):
        raise UserError(f"{path}: holds {pictures.dtype} of shape {pictures.shape}; {ACCEPTED}")
    return Pictures([pictures if pictures.shape[1] == 3 else pictures.transpose(0, 3, 1, 2)], len(pictures))


def _valid_images(source: Path, files: Sequence[File], skip_broken: bool) -> Pictures:
    """The pictures of a source, all 8-bit RGB of one size.

    Decodes every file once up front, which takes minutes, so that an error in the last does not appear after hours of Inception. Pictures
    that `decode` refuses or of different sizes are a UserError; `skip_broken` skips damaged files.
    """
    if not files:
        raise UserError(f"{source}: contains no picture: no file ends in {', '.join(SUFFIXES)}")
    sizes: dict[str, str] = {}
    valid: list[File] = []
    broken: list[str] = []
    with console.bar(total=len(files), desc=f"checking {source}", unit="picture", delay=5) as bar:
        for file, picture in zip(files, _decoded(files), strict=True):
            bar.update()
            if isinstance(picture, BrokenPictureError):
                if not skip_broken:
                    raise UserError(f"{picture}; --skip-broken skips such files")
                broken.append(file.name)
                continue
            valid.append(file)
            sizes.setdefault(f"{picture.shape[2]}x{picture.shape[1]}", file.name)
            if len(sizes) > 1:
                (one, first), (other, second) = sizes.items()
                raise UserError(f"{source}: pictures must have one size; {first} is {one}, {second} is {other}")
    if not valid:
        raise UserError(f"{source}: all {len(broken)} picture files are broken")
    return Pictures(_batches(valid), len(valid), broken)


def _batches(files: Sequence[File]) -> Iterator[np.ndarray]:
    for picture in _decoded(files):
        if isinstance(picture, BrokenPictureError):  # damaged after the check
            raise picture
        yield picture[None]


def _decoded(files: Sequence[File]) -> Iterator[np.ndarray | BrokenPictureError]:
    """The pictures in order, decoded ahead on one thread per core; a broken one is returned as its error."""
    workers = parallel.core_count()
    with ThreadPoolExecutor(workers) as pool:
        yield from parallel_map(pool, _decode, files, pending=4 * workers)


def _decode(file: File) -> np.ndarray | BrokenPictureError:
    try:
        return decode(file.read(), file.name)
    except BrokenPictureError as error:
        return error
    except (OSError, ValueError) as error:
        return BrokenPictureError(f"{file.name}: cannot be read as a picture: {error}")


def _in_folder(folder: Path) -> list[File]:
    found = files(folder, SUFFIXES)
    names = [name for name in found if _is_picture(PurePosixPath(name))]
    log_left_out(folder, {*found} - {*names}, SUFFIXES)
    paths = sorted(found[name] for name in names)
    for path in paths:
        if path.stat().st_size > LIMIT:  # as in a zip
            raise UserError(f"{path}: has {path.stat().st_size:,} bytes, more than the limit of {LIMIT:,} for a picture file")
    return [File(str(path), path.read_bytes) for path in paths]


def _in_zip(path: Path, archives: ExitStack) -> list[File]:
    try:
        archive = archives.enter_context(Archive(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    members = sorted((name for name in archive.entries if _is_picture(PurePosixPath(name))), key=PurePosixPath)
    log_left_out(path, {*archive.entries} - {*members}, SUFFIXES)
    return [File(f"{path}/{name}", partial(archive.read, name)) for name in members]


def _is_picture(name: PurePath) -> bool:
    """Decides by suffix; hidden files are none: macOS leaves a ._copy of each file, notebooks a folder .ipynb_checkpoints."""
    return name.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in name.parts)
