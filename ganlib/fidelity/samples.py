"""Where the pictures of one side of a score come from: a folder or a zip of picture files, or a .npy cache."""

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import numpy as np

from ganlib import progress
from ganlib.data.shards import PICTURES, mapped
from ganlib.errors import UserError
from ganlib.fidelity import decode
from ganlib.fidelity.decode import BrokenPictureError
from ganlib.parallel import Item, Result, parallel_map

LARGEST = 4 * decode.LIMIT  # bytes of a file: no picture within the limit on pixels takes more, even uncompressed


@dataclass(frozen=True)
class Pictures:
    """Picture files that are 8-bit RGB of one size, and the `broken` ones that were left out."""

    files: Sequence[Path | zipfile.Path]
    broken: Sequence[Path | zipfile.Path] = ()

    @classmethod
    def open(cls, place: Path, skip_broken: bool = False) -> "Pictures":
        """The pictures anywhere below a folder, or in a zip, which is not unpacked, in one order for both.

        Each is decoded once at the start, in minutes, so that no mistake in the last comes up after Inception's hours. A
        picture that `decode` refuses is a UserError, and so are two of different sizes; broken ones may be skipped.
        """
        with ExitStack() as on_error:
            files = _in_folder(place) if place.is_dir() else _in_zip(place, on_error)
            if not files:
                raise UserError(f"{place}: holds no picture: no file ends in {', '.join(decode.SUFFIXES)}")
            pictures = cls(*_checked(place, files, skip_broken))
            on_error.pop_all()  # a zip stays open for its pictures to be read
            return pictures

    def __len__(self) -> int:
        return len(self.files)

    def batches(self) -> Iterator[np.ndarray]:
        """(1, 3, H, W) uint8 each."""
        return (picture[None] for picture in ahead(decode.decode, self.files))


def open_cache(path: Path) -> np.ndarray:
    """A .npy of (N, 3, H, W) or (N, H, W, 3) uint8 pictures, mapped into memory, as (N, 3, H, W); anything else is a UserError."""
    pictures = mapped(path)
    if 3 not in (pictures.shape[1], pictures.shape[3]):
        raise UserError(f"{path}: holds {pictures.dtype} of shape {pictures.shape}; {PICTURES}")
    return pictures if pictures.shape[1] == 3 else pictures.transpose(0, 3, 1, 2)


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`map` on as many threads as cores, which keep some items ahead of what was asked for."""
    workers = os.cpu_count()
    with ThreadPoolExecutor(workers) as pool:
        yield from parallel_map(pool, function, items, pending=4 * workers)


def _checked(place: Path, files: Sequence[Path | zipfile.Path], skip_broken: bool) -> tuple[list[Path | zipfile.Path], ...]:
    """The whole files, which have one size, and the broken ones."""
    sizes, whole, broken = {}, [], []
    with progress.bar(total=len(files), desc=f"checking {place}", unit="picture", delay=5) as bar:
        for file, found in zip(files, ahead(_size, files), strict=True):
            bar.update()
            if isinstance(found, BrokenPictureError):
                if not skip_broken:
                    raise UserError(f"{found}; --skip-broken leaves such files out")
                broken.append(file)
                continue
            whole.append(file)
            sizes.setdefault(found, file)
            if len(sizes) > 1:
                (one, first), (other, second) = sizes.items()
                raise UserError(f"{place}: pictures must have one size, and {first} is {one} and {second} {other}")
    if not whole:
        raise UserError(f"{place}: holds no whole picture among {len(broken)}")
    return whole, broken


def _size(file: Path | zipfile.Path) -> str | BrokenPictureError:
    try:
        _, height, width = decode.decode(file).shape
    except BrokenPictureError as broken:
        return broken
    return f"{width}x{height}"


def _in_folder(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.rglob("*") if _is_picture(file.relative_to(folder)) and file.is_file())
    for file in files:
        _refuse_larger(file, file.stat().st_size)
    return files


def _in_zip(path: Path, on_error: ExitStack) -> list[zipfile.Path]:
    try:
        archive = on_error.enter_context(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: is no zip: {error}") from None
    members = [member for member in archive.infolist() if _is_picture(PurePosixPath(member.filename))]
    for member in members:
        if member.flag_bits & 1:
            raise UserError(f"{path}/{member.filename}: is encrypted; unpack it with its password and score the folder")
        _refuse_larger(f"{path}/{member.filename}", member.file_size)
    return [zipfile.Path(archive, name) for name in sorted({member.filename for member in members}, key=PurePosixPath)]


def _is_picture(name: PurePath) -> bool:
    """By its suffix, and unless it is hidden: macOS leaves a ._copy of each file, notebooks a folder .ipynb_checkpoints."""
    return name.suffix.lower() in decode.SUFFIXES and not any(part.startswith(".") for part in name.parts)


def _refuse_larger(file: Path | str, size: int) -> None:
    if size > LARGEST:
        raise UserError(f"{file}: has {size:,} bytes; no picture within the limit of {decode.LIMIT:,} pixels takes more than {LARGEST:,}")
