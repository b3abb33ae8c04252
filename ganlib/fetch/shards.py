"""CelebA as hubs serve it: parquet shards with a column of pictures and CelebA's 40 attributes."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from ganlib.data.celeba import ATTRIBUTES, FOLDER, SPLITS
from ganlib.support import console, disk
from ganlib.support.errors import UserError

ROWS = 256  # that are in memory at a time
SPLIT_WORD = re.compile(rf"(?<![a-z])({'|'.join(SPLITS)}|validation|val)(?![a-z])")


def unpack(shards: Sequence[Path], target: Path) -> pd.DataFrame:
    """Write the pictures of all shards to the zip `target`, numbered from 000001 in the order train, valid, test.

    Returns the table of `celeba.read_tables`. Raises a UserError that names the shard.
    """
    parts: list[pd.DataFrame] = []
    number = 0
    with (
        disk.writing(target.parent, sum(shard.stat().st_size for shard in shards)),
        ZipFile(target, "w") as whole,
        console.bar(desc=f"packing {target.name}", unit="picture") as bar,
    ):
        for shard in sorted(shards, key=lambda shard: (SPLITS.index(_split(shard)), shard)):
            for pictures, attributes in _batches(shard):
                for picture in pictures:
                    number += 1
                    suffix = "png" if picture.startswith(b"\x89PNG") else "jpg"
                    whole.writestr(ZipInfo(f"{FOLDER}/{number:06d}.{suffix}"), picture)
                parts.append(attributes.assign(split=_split(shard)))
                bar.update(len(pictures))
    if not number:
        raise UserError(f"{shards[0]}: has no rows")
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "file", [f"{row + 1:06d}.jpg" for row in table.index])
    return table


def _split(shard: Path) -> str:
    """The split in the name of a shard or of its folder: train-00000-of-00003.parquet, or train/0000.parquet."""
    for name in (shard.stem, shard.parent.name):
        if words := SPLIT_WORD.findall(name.lower()):
            return "valid" if words[-1].startswith("val") else str(words[-1])
    raise UserError(f"{shard}: neither its name nor its folder's says which split it is: train, valid or test, as in train-00000.parquet")


def _batches(shard: Path) -> Iterator[tuple[list[bytes], pd.DataFrame]]:
    """The pictures and attributes of some rows after the other."""
    try:
        with parquet.ParquetFile(shard) as file:
            column = _picture_column(file.schema_arrow, shard)
            for batch in file.iter_batches(ROWS, columns=[column, *ATTRIBUTES]):
                attributes = batch.select(ATTRIBUTES).to_pandas().astype("int8")
                if not attributes.isin((-1, 0, 1)).all(axis=None):
                    raise UserError(f"{shard}: every attribute must be true or false, 1 or 0, or 1 or -1")
                pictures = [row["bytes"] if isinstance(row, dict) else row for row in batch.column(column).to_pylist()]
                if None in pictures:
                    raise UserError(f"{shard}: a row has no picture, but at most its path")
                yield pictures, pd.DataFrame(np.where(attributes > 0, 1, -1).astype("int8"), columns=attributes.columns)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise UserError(f"{shard} cannot be read: {' '.join(str(error).split())}") from None


def _picture_column(schema: pa.Schema, shard: Path) -> str:
    """The first column of bytes, or of structs with `bytes`. Raises a UserError if there is none, or no column for an attribute."""
    if absent := next((name for name in ATTRIBUTES if name not in schema.names), None):
        raise UserError(f"{shard}: has no column {absent}, one of CelebA's {len(ATTRIBUTES)} attributes")
    for field in schema:
        kind = field.type
        if pa.types.is_struct(kind) and (place := kind.get_field_index("bytes")) >= 0:
            kind = kind.field(place).type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(field.name)
    raise UserError(f"{shard}: has no column of pictures: of bytes, or of structs with bytes")
