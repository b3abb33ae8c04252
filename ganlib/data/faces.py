"""The prepared pictures of a crop, memory-mapped, and their table."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from ganlib.support.errors import UserError, suggestion
from ganlib.support.types import Split

PICTURES = "pictures.npy"
TABLE = "table.parquet"
INDEX = "index.json"  # shape and digest of PICTURES
ACCEPTED = "must be uint8 of shape (N, H, W, 3) or (N, 3, H, W)"
REBUILD = "`dvc repro prepare` rebuilds it"


def evenly_spaced(count: int, total: int) -> np.ndarray:
    """`count` of `total` row numbers, evenly spaced, starting with 0."""
    return np.arange(count) * total // count


def open_npy(path: Path) -> np.ndarray:
    """Map a .npy file of pictures, a 4-D array of uint8, into memory. Raises a UserError if it is anything else."""
    try:
        with np.errstate(over="raise"):  # a header can claim any size
            pictures = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError, ArithmeticError) as error:
        raise UserError(f"{path}: not a .npy file of pictures: {error}") from None
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or not pictures.size:
        raise UserError(f"{path}: holds {pictures.dtype} of shape {pictures.shape}; {ACCEPTED}")
    if path.stat().st_size != pictures.offset + pictures.nbytes:
        raise UserError(f"{path}: has more bytes than its {len(pictures)} pictures")
    return np.asarray(pictures)  # still mapped, but np.memmap takes 20 us more per index


@dataclass(frozen=True)
class Faces:
    """The pictures of one split. `faces[indices]` is (N, 3, S, S) uint8.

    `pictures` is the whole cache, (N, S, S, 3) uint8, the memory layout of channels-last networks; `digest` is of its file.
    """

    pictures: np.ndarray
    rows: np.ndarray
    table: pd.DataFrame
    digest: str = ""

    @classmethod
    def open(cls, cache: Path, split: Split) -> "Faces":
        """Map the pictures of a split into memory, from the folder that `cache.build` wrote."""
        faces, _ = cls.divide(cache, split)
        if not len(faces):
            raise UserError(f"{cache}: has no picture of the split {split!r}")
        return faces

    @classmethod
    def divide(cls, cache: Path, split: Split) -> tuple["Faces", "Faces"]:
        """The pictures of `split` and all others; either may be empty."""
        try:
            index, table = json.loads((cache / INDEX).read_text(encoding="utf-8")), pd.read_parquet(cache / TABLE)
            shape, digest = tuple(index["shape"]), str(index["digest"])
            within = (table["split"] == split).to_numpy() | (split == "all")
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise UserError(f"{cache}: {INDEX} or {TABLE} is missing or damaged: {problem}; {REBUILD}") from None
        pictures = open_npy(cache / PICTURES)
        if pictures.shape != shape or shape[3] != 3 or len(table) != len(pictures):
            raise UserError(
                f"{cache}: {PICTURES} has shape {pictures.shape}, {INDEX} says {shape}, and {TABLE} has {len(table)} rows; {REBUILD}"
            )
        inside, outside = (cls(pictures, np.flatnonzero(side), table[side], digest) for side in (within, ~within))
        return inside, outside

    @property
    def short_digest(self) -> str:
        """The first 8 digits of `digest`, which is the same for all splits of a cache."""
        return self.digest[:8]

    def first(self, count: int | None) -> "Faces":
        """The first `count` pictures; None for all."""
        if count is not None and count > len(self):
            raise UserError(f"params.yaml: train_images: {count} is more than the {len(self)} pictures of the split")
        return self if count is None else replace(self, rows=self.rows[:count], table=self.table[:count])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.pictures[self.rows[indices]]
        return found.transpose(0, 3, 1, 2)

    def conditions(self, groups: Mapping[str, Sequence[str]]) -> np.ndarray:
        """(N, K) int64, one column per group: 1 + the position of the one attribute that is true, 0 if none or several are."""
        columns = np.zeros((len(self), len(groups)), np.int64)
        for k, (group, attributes) in enumerate(groups.items()):
            for attribute in attributes:
                self._check(group, attribute)
            true = self.table[list(attributes)].to_numpy() == 1
            columns[:, k] = np.where(true.sum(axis=1) == 1, 1 + true.argmax(axis=1), 0)
        return columns

    def identity(self, groups: Mapping[str, Sequence[str]]) -> str:
        """A hash of everything that training on these pictures and conditions can read; uses the stored digest of the pictures."""
        found = blake2b(self.digest.encode())
        found.update(self.rows.tobytes())
        found.update(self.conditions(groups).tobytes())
        return found.hexdigest()

    def labels_digest(self, attributes: Collection[str]) -> str:
        """A hash of the labels of `attributes`; those that the pictures do not have are left out."""
        columns = [name for name in dict.fromkeys(attributes) if name in self.table]
        found = blake2b(str(columns).encode())
        found.update((self.table[columns].to_numpy() == 1).tobytes())
        return found.hexdigest()

    def _check(self, group: str, attribute: str) -> None:
        if attribute not in self.table:
            known = self.table.columns.drop(["file", "split"])
            raise UserError(
                f"params.yaml: conditions.{group}: the pictures have no attribute {attribute!r}{suggestion(attribute, known)};"
                f" available: {', '.join(known) or 'none'}"
            )
