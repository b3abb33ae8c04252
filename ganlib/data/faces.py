"""The cache that training reads: every picture's crop in one memory-mapped array, and a table beside it, row for row."""

import difflib
import os
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import simplejpeg

from ganlib import progress
from ganlib.data import celeba
from ganlib.data.crop import Crop
from ganlib.errors import UserError
from ganlib.files import replacing
from ganlib.settings import Split


def build(raw: Path, crop: Crop, images: int | None, cache: Path) -> None:
    """Decode the archive in `raw` on all cores into `cache`, (N, 3, size, size) uint8, and its table into a .parquet beside it.

    `images` takes so many, evenly spaced so that each split keeps its share; None takes all.
    """
    table = celeba.read_tables(raw)
    if images is not None:
        if images > len(table):
            raise UserError(f"params.yaml: datasets: images: {images} asked for, and {raw} holds {len(table)}")
        table = table.iloc[spread(images, len(table))].reset_index(drop=True)
    with replacing(cache) as target, zipfile.ZipFile(raw / celeba.ARCHIVE) as archive:
        pictures = np.lib.format.open_memmap(target, "w+", np.uint8, (len(table), 3, crop.size, crop.size))

        def decode(row: int) -> None:
            pictures[row] = crop.apply(_decode(archive, table["file"][row]))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in progress.bar(
                pool.map(decode, range(len(table))), desc=f"cropping to {crop.size}x{crop.size}", total=len(table), unit="face"
            ):
                pass
        pictures.flush()
    with replacing(cache.with_suffix(".parquet")) as target:
        table.to_parquet(target)


def spread(count: int, total: int) -> np.ndarray:
    """`count` of `total` rows, evenly spaced from the first."""
    return np.arange(count) * total // count


def _decode(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    member = f"{celeba.FOLDER}/{name}"
    try:
        return simplejpeg.decode_jpeg(archive.read(member), "RGB")
    except KeyError:
        raise UserError(f"{archive.filename}: has no {member}, which {celeba.ATTRIBUTE_TABLE} names") from None
    except (ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{archive.filename}: {member} is no readable JPEG: {error}") from None


@dataclass(frozen=True)
class Faces:
    """The pictures of one split. `faces[indices]` gives (N, 3, S, S) uint8."""

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
        table = pd.read_parquet(cache.with_suffix(".parquet"))
        pictures = np.load(cache, mmap_mode="r")
        within = (table["split"] == split).to_numpy() | (split == "all")
        return tuple(cls(pictures, np.flatnonzero(side), table[side]) for side in (within, ~within))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return self.pictures[self.rows[indices]]

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
            close = difflib.get_close_matches(attribute, self.table.columns, n=1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise UserError(f"params.yaml: conditions.{group}: the pictures have no attribute {attribute!r}{hint}")
