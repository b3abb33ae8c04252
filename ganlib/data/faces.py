"""The cache that training reads: every picture's crop in memory-mapped shards, and a table beside them, row for row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from ganlib.data.shards import AGAIN, Shards
from ganlib.support.errors import UserError, suggestion
from ganlib.support.types import Split

TABLE = "table.parquet"


def evenly_spaced(count: int, total: int) -> np.ndarray:
    """`count` of `total` rows, evenly spaced from the first."""
    return np.arange(count) * total // count


@dataclass(frozen=True)
class Faces:
    """The pictures of one split. `faces[indices]` gives (N, 3, S, S) uint8.

    `pictures` is the whole cache, (N, S, S, 3): the colours of a pixel lie side by side, as channels-last nets read them.
    """

    pictures: Shards
    rows: np.ndarray
    table: pd.DataFrame

    @classmethod
    def open(cls, cache: Path, split: Split) -> "Faces":
        """Map the folder `cache` into memory; nothing is read before it is asked for."""
        faces, _ = cls.divide(cache, split)
        if not len(faces):
            raise UserError(f"{cache}: holds no picture of the split {split!r}")
        return faces

    @classmethod
    def divide(cls, cache: Path, split: Split) -> tuple["Faces", "Faces"]:
        """The pictures of `split` and the others, of which there may be none."""
        pictures = Shards.open(cache)
        try:
            table = pd.read_parquet(cache / TABLE)
        except (OSError, ValueError) as error:
            raise UserError(f"{cache}: has no sound {TABLE}: {error}; {AGAIN}") from None
        if len(pictures) != len(table):
            raise UserError(f"{cache}: holds {len(pictures)} pictures for the {len(table)} rows of its {TABLE}; {AGAIN}")
        within = (table["split"] == split).to_numpy() | (split == "all")
        return tuple(cls(pictures, np.flatnonzero(side), table[side]) for side in (within, ~within))

    @property
    def digest(self) -> str:
        """Of every byte of the whole cache's pictures, from its index; no picture is read."""
        return self.pictures.digest

    def first(self, count: int | None) -> "Faces":
        """The first `count` of them; None: all."""
        if count is not None and count > len(self):
            raise UserError(f"params.yaml: train_images: {count} is more than the {len(self)} pictures of the split")
        return self if count is None else Faces(self.pictures, self.rows[:count], self.table[:count])

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

    def identity(self, groups: Mapping[str, Sequence[str]]) -> str:
        """Of every byte that training on them under such conditions can read, by the digests that `prepare` took of the pictures."""
        found = blake2b(self.digest.encode())
        found.update(self.rows)
        found.update(self.conditions(groups))
        return found.hexdigest()

    def _check(self, group: str, attribute: str) -> None:
        if attribute not in self.table:
            known = self.table.columns.drop(["file", "split"])
            raise UserError(
                f"params.yaml: conditions.{group}: the pictures have no attribute {attribute!r}{suggestion(attribute, known)};"
                f" theirs are: {', '.join(known) or 'none'}"
            )
