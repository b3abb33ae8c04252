"""The cache that training reads: every picture's crop in one memory-mapped array, and a table beside it, row for row."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ganlib.errors import UserError, suggestion
from ganlib.settings import Split

PICTURES = "pictures are uint8 of shape (N, H, W, 3) or (N, 3, H, W)"
AGAIN = "`dvc repro prepare` makes it anew"


def spread(count: int, total: int) -> np.ndarray:
    """`count` of `total` rows, evenly spaced from the first."""
    return np.arange(count) * total // count


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


@dataclass(frozen=True)
class Faces:
    """The pictures of one split. `faces[indices]` gives (N, 3, S, S) uint8.

    `pictures` is the whole cache, (N, S, S, 3): the colours of a pixel lie side by side, as channels-last nets read them.
    """

    pictures: np.ndarray
    rows: np.ndarray
    table: pd.DataFrame

    @classmethod
    def open(cls, cache: Path, split: Split) -> "Faces":
        """Map `cache` into memory; nothing is read before it is asked for."""
        faces, _ = cls.divide(cache, split)
        if not len(faces):
            raise UserError(f"{cache}: holds no picture of the split {split!r}")
        return faces

    @classmethod
    def divide(cls, cache: Path, split: Split) -> tuple["Faces", "Faces"]:
        """The pictures of `split` and the others, of which there may be none."""
        pictures = mapped(cache)
        try:
            table = pd.read_parquet(cache.with_suffix(".parquet"))
        except (OSError, ValueError) as error:
            raise UserError(f"{cache}: has no table beside it: {error}; {AGAIN}") from None
        if pictures.shape[3] != 3 or len(pictures) != len(table):
            raise UserError(f"{cache}: holds pictures of shape {pictures.shape} for the {len(table)} rows of its table; {AGAIN}")
        within = (table["split"] == split).to_numpy() | (split == "all")
        return tuple(cls(pictures, np.flatnonzero(side), table[side]) for side in (within, ~within))

    @property
    def digest(self) -> str:
        return hashlib.blake2b(np.ascontiguousarray(self.pictures)).hexdigest()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return self.pictures[self.rows[indices]].transpose(0, 3, 1, 2)

    def conditions(self, groups: Mapping[str, Sequence[str]]) -> np.ndarray:
        """(N, K) int64, a column for each of the K groups: 1 + the place of the attribute that holds, 0 where none or several do."""
        columns = np.zeros((len(self), len(groups)), np.int64)
        for k, (group, attributes) in enumerate(groups.items()):
            for attribute in attributes:
                self._check(group, attribute)
            holds = self.table[list(attributes)].to_numpy() == 1
            columns[:, k] = np.where(holds.sum(axis=1) == 1, 1 + holds.argmax(axis=1), 0)
        return columns

    def _check(self, group: str, attribute: str) -> None:
        if attribute not in self.table:
            known = self.table.columns.drop(["file", "split"])
            raise UserError(
                f"params.yaml: conditions.{group}: the pictures have no attribute {attribute!r}{suggestion(attribute, known)};"
                f" theirs are: {', '.join(known) or 'none'}"
            )
