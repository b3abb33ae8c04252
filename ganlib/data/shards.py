"""A long array of pictures in files of bounded size that read as one: 00000.npy, 00001.npy, ..., and index.json, which lists them."""

import io
import json
import math
import os
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

import numpy as np

from ganlib.support.errors import UserError
from ganlib.support.files import replacing, to_disk

INDEX = "index.json"
LIMIT = 2 * 10**9  # bytes of a shard
PICTURES = "pictures are uint8 of shape (N, H, W, 3) or (N, 3, H, W)"
AGAIN = "`dvc repro prepare` makes it anew"


class Shards:
    """Arrays of (n, S, S, 3) uint8 that read as one of (N, S, S, 3). `shards[rows]` takes a slice, or row numbers in any order.

    `digest` is of every byte of the pictures, taken while they were written; reading does not take it again.
    """

    def __init__(self, arrays: Sequence[np.ndarray], digest: str) -> None:
        self.arrays = arrays
        self.digest = digest
        self.ends = np.cumsum([len(array) for array in arrays])
        self.shape = (int(self.ends[-1]), *arrays[0].shape[1:])

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the shards of a folder into memory; a UserError says where they are not what the index lists."""
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            listed = [(shard["file"], tuple(shard["shape"]), shard["digest"]) for shard in index["shards"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{folder}: has no sound {INDEX}: {error!r}; {AGAIN}") from None
        if not listed:
            raise UserError(f"{folder}: holds no picture; {AGAIN}")
        if [name for name, _, _ in listed] != sorted(path.name for path in folder.glob("*.npy")):
            raise UserError(f"{folder}: its .npy files are not those that {INDEX} lists; {AGAIN}")
        arrays = [mapped(folder / name) for name, _, _ in listed]
        for (name, shape, _), array in zip(listed, arrays, strict=True):
            if array.shape != shape or array.shape[1:] != arrays[0].shape[1:] or array.shape[3] != 3:
                raise UserError(f"{folder / name}: holds pictures of shape {array.shape}, and {INDEX} says {shape}; {AGAIN}")
            if (folder / name).stat().st_size != len(_header(shape)) + array.nbytes:
                raise UserError(f"{folder / name}: is longer than its pictures; {AGAIN}")
        return cls(arrays, blake2b("".join(digest for _, _, digest in listed).encode(), digest_size=16).hexdigest())

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        if len(self.arrays) == 1:
            return self.arrays[0][rows]
        rows = np.arange(len(self))[rows]  # no number below 0 or beyond the end is left
        found = np.empty((len(rows), *self.shape[1:]), np.uint8)
        shard = np.searchsorted(self.ends, rows, side="right")
        for number in np.unique(shard):
            here = np.flatnonzero(shard == number)
            found[here] = self.arrays[number][rows[here] - self.ends[number] + len(self.arrays[number])]
        return found


def mapped(path: Path) -> np.ndarray:
    """The uint8 pictures of a .npy, an array of four dimensions, mapped into memory; anything else is a UserError."""
    try:
        with np.errstate(over="raise"):  # a header may claim any size
            pictures = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError, ArithmeticError) as error:
        raise UserError(f"{path}: is no .npy of pictures: {error}") from None
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or not pictures.size:
        raise UserError(f"{path}: holds {pictures.dtype} of shape {pictures.shape}; {PICTURES}")
    return np.asarray(pictures)  # still mapped; indexing numpy's memmap class costs 20 us more


class Writer:
    """Writes (S, S, 3) uint8 pictures into the shards of a folder, each of at most `limit` bytes but for one of a single picture.

    It goes on behind the first `done` pictures of an earlier one, whose full shards had the `digests`. Full shards are safe on the
    disk; `flush` makes the rest so.
    """

    def __init__(self, folder: Path, size: int, limit: int, done: int = 0, digests: Sequence[str] = ()) -> None:
        self.folder = folder
        self.shape = (size, size, 3)
        self.capacity = max(1, (limit - len(_header((0, *self.shape)))) // math.prod(self.shape))
        self.done = done
        self.digests = [*digests]  # of the full shards
        self._file: io.BufferedRandom | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.npy"):
            if int(path.stem) * self.capacity >= done:
                path.unlink()
        if done % self.capacity:
            self._open("r+b")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def write(self, pictures: np.ndarray) -> None:
        """Append (n, S, S, 3)."""
        while len(pictures):
            if self._file is None:
                self._open("w+b")
            some = pictures[: self.capacity - self.done % self.capacity]
            self._file.write(some)
            self._digest.update(some)
            self.done += len(some)
            pictures = pictures[len(some) :]
            if self.done % self.capacity == 0:
                self._close()

    def flush(self) -> Callable[[], None]:
        """What brings all that was written so far to the disk itself; another thread may call it while this one writes on."""
        if self._file is None:
            return lambda: None
        self._file.flush()
        descriptor = os.dup(self._file.fileno())  # for the shard may be full and closed by then

        def wait() -> None:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

        return wait

    def finish(self) -> None:
        """Give the last shard its count, and list all in the index."""
        counts = [self.capacity] * (self.done // self.capacity)
        if self._file:
            counts.append(self.done % self.capacity)
            self._file.seek(0)
            self._file.write(_header((counts[-1], *self.shape)))
            self._close()
        write_index(self.folder, [(count, *self.shape) for count in counts], self.digests)

    def _open(self, mode: str) -> None:
        held = self.done % self.capacity
        header = _header((self.capacity, *self.shape))
        self._file = (self.folder / _name(self.done // self.capacity)).open(mode)
        self._digest = blake2b(digest_size=16)
        if held:
            self._file.truncate(len(header) + held * math.prod(self.shape))
            self._file.seek(len(header))
            while block := self._file.read(2**22):
                self._digest.update(block)
        else:
            self._file.write(header)
            to_disk(self.folder)  # which has the new name

    def _close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        self.digests.append(self._digest.hexdigest())


def write_index(folder: Path, shapes: Sequence[tuple[int, ...]], digests: Sequence[str]) -> None:
    """List the shards of a folder, which has their files."""
    pairs = enumerate(zip(shapes, digests, strict=True))
    listed = [{"file": _name(number), "shape": shape, "digest": digest} for number, (shape, digest) in pairs]
    with replacing(folder / INDEX) as target:
        target.write_text(json.dumps({"shards": listed}, indent=1) + "\n", encoding="utf-8")


def _name(number: int) -> str:
    return f"{number:05d}.npy"


def _header(shape: tuple[int, ...]) -> bytes:
    """The .npy header of an array of uint8; numpy pads it, so that its length is the same for any number of pictures."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return header.getvalue()
