"""Builds the cache that training reads: every picture decoded, cropped and resized on all cores, in one .npy file."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import PIL
import simplejpeg
import torch

from ganlib.core.tables import read_json, write_json
from ganlib.data import decode
from ganlib.data.crop import Region
from ganlib.data.faces import INDEX, PICTURES, TABLE, evenly_spaced
from ganlib.data.raw import Raw
from ganlib.data.resize import squares
from ganlib.support import console, disk, parallel
from ganlib.support.errors import UserError
from ganlib.support.files import flush, to_disk
from ganlib.support.locks import locked, locked_if_free
from ganlib.support.parallel import parallel_map

BLOCK = 64  # pictures that a thread decodes at a time
SYNC = 2**27  # bytes after which the pictures are flushed to the disk and the journal is updated

JOURNAL = ".journal.json"  # how many rows are safely on the disk

Broken = list[tuple[int, str]]  # rows that cannot be read, and why


def build(raw: Raw, region: Region, size: int, images: int | None, max_broken: int, cache: Path) -> None:
    """Write the pictures' regions, (N, size, size, 3) uint8, and their table to the folder `cache`.

    `images` takes that many pictures, evenly spaced so that each split keeps its share; None takes all. Up to `max_broken` unreadable
    pictures are skipped and logged. An interrupted build leaves a folder of another name, from which the next build resumes if pictures,
    settings and code are the same. Memory does not grow with the number of pictures: at most two blocks per core are in flight.
    """
    rows = np.arange(len(raw.table)) if images is None else evenly_spaced(images, len(raw.table))
    members = [raw.members[row] for row in rows]
    table = raw.table.iloc[rows].reset_index(drop=True)
    identity = _identity(raw, table, members, region, size)

    def crops(start: int) -> tuple[int, list[np.ndarray], Broken, list[int]]:
        """One block of crops, the row after it, its unreadable pictures, and the smaller sides of its regions."""
        unread: Broken = []
        sides: list[int] = []
        stop = min(start + BLOCK, len(members))

        def pictures() -> Iterator[np.ndarray]:
            for row in range(start, stop):
                try:
                    picture = decode.rgb(raw.pictures.read(members[row]))
                except ValueError as error:
                    unread.append((row, str(error)))
                    continue
                left, top, right, bottom = region.edges(picture.shape[1], picture.shape[0])
                sides.append(min(right - left, bottom - top))
                yield picture

        return stop, [*squares(pictures(), region, size)], unread, sides

    with locked(cache, "another process is building it"):
        partial = cache.with_name(f".{cache.name}.partial")
        done, broken = _resume(partial, identity, size)
        if not done:
            shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, exist_ok=True)
        with (
            disk.writing(cache.parent, (len(members) - done) * size * size * 3),
            _opened(partial / PICTURES, done - len(broken), size) as file,
            ThreadPoolExecutor(parallel.core_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
            ThreadPoolExecutor(1) as background,
            console.bar(desc=f"cropping to {size}x{size}", total=len(members), initial=done, unit="picture") as bar,
        ):
            safe, noted = file.tell(), background.submit(lambda: None)
            enlarged = 0
            for stop, pictures, unread, sides in parallel_map(
                pool, crops, range(done, len(members), BLOCK), pending=2 * parallel.core_count()
            ):
                broken += unread
                enlarged += sum(side < size for side in sides)
                if len(broken) > max_broken:
                    _refuse(raw, members, broken, max_broken)
                for some in pictures:
                    file.write(some.data)
                if file.tell() - safe > SYNC:
                    noted.result()
                    file.flush()
                    state = {"identity": identity, "rows": stop, "broken": [*broken]}
                    noted = background.submit(_note, file.fileno(), partial / JOURNAL, state)
                    safe = file.tell()
                bar.update(stop - bar.n)
            noted.result()
            shape = (len(members) - len(broken), size, size, 3)
            file.seek(0)
            _write_header(file, shape)
            file.seek(0)
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        to_disk(partial / PICTURES)
        table.drop(index=[row for row, _ in broken]).reset_index(drop=True).to_parquet(partial / TABLE)
        to_disk(partial / TABLE)
        write_json({"shape": shape, "digest": digest}, partial / INDEX)
        if enlarged:
            console.log(f"{enlarged:,} of the pictures are smaller than {size}x{size} and were enlarged")
        for row, problem in broken:
            console.log(f"skipped: {members[row]}: {problem}")
        for path in partial.glob(".*"):  # the journal, and temporary files of killed builds
            path.unlink()
        shutil.rmtree(cache, ignore_errors=True)
        partial.replace(cache)
        to_disk(cache.parent)


def clean(folder: Path) -> None:
    """Remove what interrupted builds left in `folder`, except for builds that are running."""
    for partial in folder.glob(".*.partial"):
        with locked_if_free(folder / partial.name.removeprefix(".").removesuffix(".partial")) as free:
            if free:
                shutil.rmtree(partial)


def _refuse(raw: Raw, members: list[str], broken: Broken, max_broken: int) -> None:
    row, problem = broken[max_broken]
    allowed = f"; {max_broken} are allowed and this is one more" if max_broken else ""
    raise UserError(f"{raw.pictures.path}: {members[row]} cannot be read: {problem}{allowed} (params.yaml: datasets: max_broken)")


def _identity(raw: Raw, table: pd.DataFrame, members: list[str], region: Region, size: int) -> str:
    """A hash of everything that determines the cache: checksums of the pictures, table, crop, code of this package, decoders."""
    entries = [raw.pictures.entries[member] for member in members]
    known = hashlib.sha256(repr((region, size, PIL.__version__, simplejpeg.__version__, torch.__version__)).encode())
    known.update("\n".join(members).encode())
    known.update(np.array([(entry.CRC, entry.file_size) for entry in entries], np.int64).tobytes())
    known.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        known.update(path.read_bytes())
    return known.hexdigest()


def _resume(partial: Path, identity: str, size: int) -> tuple[int, Broken]:
    """How many rows an interrupted build of the same identity has safely written, and which of them it could not read."""
    try:
        noted, written = read_json(partial / JOURNAL), (partial / PICTURES).stat().st_size
    except (FileNotFoundError, ValueError):
        return 0, []
    if noted["identity"] != identity or written < (noted["rows"] - len(noted["broken"])) * size * size * 3:
        return 0, []
    return noted["rows"], [(row, problem) for row, problem in noted["broken"]]


@contextmanager
def _opened(path: Path, done: int, size: int) -> Iterator[BufferedRandom]:
    """A .npy file of pictures, open to append after the first `done`."""
    with path.open("r+b" if done else "w+b") as file:
        _write_header(file, (0, size, size, 3))
        file.seek(done * size * size * 3, os.SEEK_CUR)
        file.truncate()  # pictures that were written after the journal
        yield file


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """A .npy header; numpy pads it, so that its length does not depend on the number of pictures."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _note(descriptor: int, journal: Path, state: Mapping[str, Any]) -> None:
    """Update the journal once the pictures are on the disk."""
    flush(descriptor)
    write_json(state, journal, compact=True)
