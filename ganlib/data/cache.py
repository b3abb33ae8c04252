"""Building the cache that training reads: every picture decoded, cut out and resized on all cores, into one array."""

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL
import simplejpeg
import torch

from ganlib import disk, progress
from ganlib.data import decode
from ganlib.data.crop import Region
from ganlib.data.faces import spread
from ganlib.data.raw import Raw
from ganlib.data.resize import squares
from ganlib.errors import UserError
from ganlib.files import replacing
from ganlib.parallel import ordered

BLOCK = 64  # pictures that a thread brings at a time
SYNC = 2**27  # bytes after which what has come is made safe and noted

Broken = list[tuple[int, str]]  # rows that cannot be read, and why


def build(raw: Raw, region: Region, size: int, images: int | None, max_broken: int, cache: Path) -> None:
    """Write the pictures into `cache`, (N, size, size, 3) uint8, and their table into a .parquet beside it.

    `images` takes so many, evenly spaced so that each split keeps its share; None takes all. Up to `max_broken` pictures that cannot be
    read are left out and named. A build that is cut has another name, and the next one of the same pictures, settings and code goes on
    where it was. Memory does not grow with the pictures' number: what is done is written, and at most two blocks a core are under way.
    """
    rows = np.arange(len(raw.table)) if images is None else _chosen(images, raw)
    members = [raw.members[row] for row in rows]
    table = raw.table.iloc[rows].reset_index(drop=True)
    shape = (size, size, 3)
    partial, journal = (cache.with_name(f".{cache.stem}.{name}") for name in ("partial", "json"))
    identity = _identity(raw, table, members, region, size)
    cache.parent.mkdir(parents=True, exist_ok=True)
    done, broken = _resume(partial, journal, identity)

    def bring(start: int) -> tuple[int, list[np.ndarray], Broken]:
        unread = []
        stop = min(start + BLOCK, len(members))

        def pictures() -> Iterator[np.ndarray]:
            for row in range(start, stop):
                try:
                    yield decode.rgb(raw.pictures.read(members[row]))
                except ValueError as error:
                    unread.append((row, str(error)))

        return stop, [*squares(pictures(), region, size)], unread

    start = len(_header(len(members), shape)) + (done - len(broken)) * size * size * 3
    with (
        disk.writing(cache.parent, len(members) * size * size * 3 - start),
        partial.open("r+b" if done else "wb") as file,
        ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
        ThreadPoolExecutor(1) as scribe,
        progress.bar(desc=f"cropping to {size}x{size}", total=len(members), initial=done, unit="picture") as bar,
    ):
        file.truncate(start)
        file.seek(start)
        safe, noted = start, scribe.submit(int)
        for stop, pictures, unread in ordered(pool, bring, range(done, len(members), BLOCK), ahead=2 * os.cpu_count()):
            broken += unread
            if len(broken) > max_broken:
                _refuse(raw, members, broken, max_broken)
            for some in pictures:
                file.write(some)
            if file.tell() - safe > SYNC:
                noted.result()
                file.flush()
                noted = scribe.submit(_note, file.fileno(), journal, {"identity": identity, "rows": stop, "broken": [*broken]})
                safe = file.tell()
            bar.update(stop - bar.n)
        file.seek(0)
        file.write(_header(len(members) - len(broken), shape))
    for row, problem in broken:
        progress.note(f"left out: {members[row]}: {problem}")
    with replacing(cache.with_suffix(".parquet")) as target:
        table.drop(index=[row for row, _ in broken]).reset_index(drop=True).to_parquet(target)
    partial.replace(cache)
    journal.unlink(missing_ok=True)


def _chosen(images: int, raw: Raw) -> np.ndarray:
    if images > len(raw.table):
        raise UserError(f"params.yaml: datasets: images: {images} asked for, and {raw.pictures.path} holds {len(raw.table)}")
    return spread(images, len(raw.table))


def _refuse(raw: Raw, members: list[str], broken: Broken, max_broken: int) -> None:
    row, problem = broken[max_broken]
    allowed = f"; {max_broken} such are left out, this is one more" if max_broken else ""
    raise UserError(f"{raw.pictures.path}: {members[row]} cannot be read: {problem}{allowed} (params.yaml: datasets: max_broken)")


def _header(count: int, shape: tuple[int, ...]) -> bytes:
    """The .npy header of `count` pictures; numpy pads it, so that its length is the same for any count."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)})
    return header.getvalue()


def _identity(raw: Raw, table: pd.DataFrame, members: list[str], region: Region, size: int) -> str:
    """A hash of all that the cache follows from: the pictures' checksums, the table, the crop, this package's code and its decoders."""
    entries = [raw.pictures.entries[member] for member in members]
    known = hashlib.sha256(repr((region, size, PIL.__version__, simplejpeg.__version__, torch.__version__)).encode())
    known.update("\n".join(members).encode())
    known.update(np.array([(entry.crc, entry.size) for entry in entries], np.int64).tobytes())
    known.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        known.update(path.read_bytes())
    return known.hexdigest()


def _resume(partial: Path, journal: Path, identity: str) -> tuple[int, Broken]:
    """How many rows an earlier build of the same identity has made safe, and which of them it could not read."""
    try:
        noted = json.loads(journal.read_text())
    except (FileNotFoundError, ValueError):
        return 0, []
    if noted["identity"] != identity or not partial.is_file():
        return 0, []
    return noted["rows"], [tuple(row) for row in noted["broken"]]


def _note(file: int, journal: Path, done: Mapping[str, Any]) -> None:
    """Note how far the build is, once all of it is on the disk."""
    os.fsync(file)
    with replacing(journal) as target:
        target.write_text(json.dumps(done))
