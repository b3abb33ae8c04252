"""The user's own pictures as `download` stores them: a zip, and an optional table of attributes."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from ganlib.data.archive import Archive
from ganlib.data.raw import Raw
from ganlib.support.errors import UserError

ARCHIVE = "pictures.zip"
TABLE = "attributes.csv"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
HOLDS, HOLDS_NOT = {"1", "1.0"}, {"0", "-1", "0.0", "-1.0"}
CATEGORIES = 100  # at most, in one column; more are captions or numbers
SHARES = (("train", 0.8), ("valid", 0.9), ("test", 1.0))  # cumulative shares of the pictures


def read(pictures: Archive, folder: Path) -> Raw:
    """The pictures of an archive, with the table in `folder` or in the archive, if any."""
    names = picture_names(pictures.entries)
    table = pd.DataFrame({"file": names, "split": split(names)})
    inside = next((name for name in pictures.entries if PurePosixPath(name).name == TABLE), None)
    if (folder / TABLE).is_file():
        table = table.join(_columns((folder / TABLE).read_bytes(), names, folder / TABLE))
    elif inside:
        try:
            text = pictures.read(inside)
        except ValueError as error:
            raise UserError(f"{pictures.path}: {inside} cannot be read: {error}") from None
        table = table.join(_columns(text, names, pictures.path / inside))
    return Raw(pictures, table, names)


def picture_names(names: Iterable[str]) -> list[str]:
    """The sorted names with a suffix of SUFFIXES, without hidden files and those that macOS adds to zips."""
    return sorted(
        name
        for name in names
        if name.lower().endswith(SUFFIXES) and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    )


def split(names: list[str]) -> list[str]:
    """80 % train, 10 % valid, 10 % test, by the order of the names' hashes, so that similar names are spread over all three."""
    rank = np.argsort(np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in names]))
    return [next(split for split, share in SHARES if place < share * len(names)) for place in rank]


def _columns(text: bytes, names: list[str], where: Path) -> pd.DataFrame:
    """The table's attributes as int8, 1 or -1, one row for each of `names`.

    A column `hair` of categories becomes a column for each: `hair_blond`, `hair_brown`, ... A blank or missing row is -1 in all of them.
    """
    try:
        found = pd.read_csv(io.BytesIO(text), index_col=0, dtype=str, keep_default_na=False)
    except ValueError as error:  # includes pandas' own errors
        raise UserError(f"{where}: not a CSV table: {' '.join(str(error).split())}") from None
    found.index = pd.Index(_match([str(name) for name in found.index], names, where))
    columns = {}
    for name, values in found.items():
        kinds = sorted(set(values) - {""})
        if set(kinds) <= HOLDS | HOLDS_NOT:
            columns[name] = values.isin(HOLDS)
        elif len(kinds) <= CATEGORIES:
            columns |= {f"{name}_{kind}": values == kind for kind in kinds}
        else:
            raise UserError(f"{where}: column {name} has {len(kinds):,} different values; categories are limited to {CATEGORIES}")
    true = pd.DataFrame(columns, index=found.index).reindex(names, fill_value=False)
    return pd.DataFrame(np.where(true, 1, -1).astype("int8"), columns=true.columns)


def _match(rows: list[str], names: list[str], where: Path) -> list[str]:
    """The picture of each row of the table: by its full path, or by its file name if that is unique."""
    known = set(names)
    by_file: dict[str, list[str]] = {}
    for name in names:
        by_file.setdefault(PurePosixPath(name).name, []).append(name)
    found: dict[str, None] = {}
    for row in rows:
        matches = [row] if row in known else by_file.get(PurePosixPath(row).name, [])
        if len(matches) != 1:
            several = f"matches several pictures, such as {' and '.join(matches[:2])}; add its folder"
            raise UserError(f"{where}: {row!r} in the first column {several if matches else 'is not the name of a picture'}")
        if matches[0] in found:
            raise UserError(f"{where}: has two rows for {matches[0]}")
        found[matches[0]] = None
    return list(found)
