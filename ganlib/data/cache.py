"""Building the cache that training reads: every picture decoded, cut out and resized on all cores, into shards."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL
import simplejpeg
import torch

from ganlib.data import decode, shards
from ganlib.data.crop import Region
from ganlib.data.faces import TABLE, evenly_spaced
from ganlib.data.raw import Raw
from ganlib.data.resize import squares
from ganlib.support import disk, parallel, progress
from ganlib.support.errors import UserError
from ganlib.support.files import replacing, to_disk
from ganlib.support.locks import locked, locked_if_free
from ganlib.support.parallel import parallel_map

BLOCK = 64  # pictures that a thread decodes at a time
SYNC = 2**27  # bytes after which what was written is made safe and noted

JOURNAL = ".journal.json"  # says how far a build is

Broken = list[tuple[int, str]]  # rows that cannot be read, and why


def build(raw: Raw, region: Region, size: int, images: int | None, max_broken: int, cache: Path, limit: int = shards.LIMIT) -> None:
    """Write the pictures' regions into the folder `cache`, in shards of at most `limit` bytes, and their table beside them.

    `images` takes so many, evenly spaced so that each split keeps its share; None takes all. Up to `max_broken` pictures that cannot be
    read are left out and named. A build that is cut has another name, and the next one of the same pictures, settings and code goes on
    where it was. Memory does not grow with the pictures' number: what is done is written, and at most two blocks a core are under way.
    """
    rows = np.arange(len(raw.table)) if images is None else evenly_spaced(images, len(raw.table))
    members = [raw.members[row] for row in rows]
    table = raw.table.iloc[rows].reset_index(drop=True)
    identity = _identity(raw, table, members, region, size, limit)

    def crops(start: int) -> tuple[int, list[np.ndarray], Broken]:
        """The next rows' pictures, the row after them, and those that cannot be read."""
        unread = []
        stop = min(start + BLOCK, len(members))

        def pictures() -> Iterator[np.ndarray]:
            for row in range(start, stop):
                try:
                    yield decode.rgb(raw.pictures.read(members[row]))
                except ValueError as error:
                    unread.append((row, str(error)))

        return stop, [*squares(pictures(), region, size)], unread

    with locked(cache, "another process prepares it"):
        partial = cache.with_name(f".{cache.name}.partial")
        journal = partial / JOURNAL
        done, broken, digests = _resume(partial, journal, identity, size)
        bytes_each = size * size * 3
        with (
            disk.writing(cache.parent, (len(members) - done) * bytes_each),
            shards.Writer(partial, size, limit, done - len(broken), digests) as writer,
            ThreadPoolExecutor(parallel.core_count(), initializer=torch.set_num_threads, initargs=(1,)) as pool,
            ThreadPoolExecutor(1) as background,
            progress.bar(desc=f"cropping to {size}x{size}", total=len(members), initial=done, unit="picture") as bar,
        ):
            safe, noted = writer.done, background.submit(int)
            for stop, pictures, unread in parallel_map(pool, crops, range(done, len(members), BLOCK), pending=2 * parallel.core_count()):
                broken += unread
                if len(broken) > max_broken:
                    _refuse(raw, members, broken, max_broken)
                for some in pictures:
                    writer.write(some)
                if (writer.done - safe) * bytes_each > SYNC:
                    noted.result()
                    state = {"identity": identity, "rows": stop, "broken": [*broken], "digests": [*writer.digests]}
                    noted = background.submit(_note, writer.flush(), journal, state)
                    safe = writer.done
                bar.update(stop - bar.n)
            writer.finish()
            table.drop(index=[row for row, _ in broken]).reset_index(drop=True).to_parquet(partial / TABLE)
            to_disk(partial / TABLE)
        for row, problem in broken:
            progress.log(f"left out: {members[row]}: {problem}")
        for path in partial.glob(".*"):  # the journal, and what a kill may have left of one
            path.unlink()
        shutil.rmtree(cache, ignore_errors=True)
        partial.replace(cache)
        to_disk(cache.parent)


def clean(folder: Path) -> None:
    """Remove what builds that were cut have left in `folder`, unless one is going on with it."""
    for partial in folder.glob(".*.partial"):
        with locked_if_free(folder / partial.name.removeprefix(".").removesuffix(".partial")) as free:
            if free:
                shutil.rmtree(partial)


def _refuse(raw: Raw, members: list[str], broken: Broken, max_broken: int) -> None:
    row, problem = broken[max_broken]
    allowed = f"; {max_broken} such are left out, this is one more" if max_broken else ""
    raise UserError(f"{raw.pictures.path}: {members[row]} cannot be read: {problem}{allowed} (params.yaml: datasets: max_broken)")


def _identity(raw: Raw, table: pd.DataFrame, members: list[str], region: Region, size: int, limit: int) -> str:
    """A hash of all that the cache follows from: the pictures' checksums, the table, the crop, this package's code and its decoders."""
    entries = [raw.pictures.entries[member] for member in members]
    known = hashlib.sha256(repr((region, size, limit, PIL.__version__, simplejpeg.__version__, torch.__version__)).encode())
    known.update("\n".join(members).encode())
    known.update(np.array([(entry.crc, entry.size) for entry in entries], np.int64).tobytes())
    known.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        known.update(path.read_bytes())
    return known.hexdigest()


def _resume(partial: Path, journal: Path, identity: str, size: int) -> tuple[int, Broken, list[str]]:
    """How many rows an earlier build of the same identity has made safe, which of them it could not read, its full shards' digests."""
    try:
        noted = json.loads(journal.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return 0, [], []
    held = sum(path.stat().st_size for path in partial.glob("*.npy"))
    if noted["identity"] != identity or held < (noted["rows"] - len(noted["broken"])) * size * size * 3:
        return 0, [], []
    return noted["rows"], [tuple(row) for row in noted["broken"]], noted["digests"]


def _note(wait: Callable[[], None], journal: Path, state: Mapping[str, Any]) -> None:
    """Note how far the build is, once all of it is on the disk."""
    wait()
    with replacing(journal) as target:
        target.write_text(json.dumps(state), encoding="utf-8")
