"""A person's own pictures as `download` leaves them: a zip, and an optional table of what each shows."""

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
CATEGORIES = 100  # in one column; more are captions or numbers
SHARES = (("train", 0.8), ("valid", 0.9), ("test", 1.0))  # each up to this share of the pictures


def read(pictures: Archive, folder: Path) -> Raw:
    """The pictures with the table in `folder` or in the archive, if there is one; its columns as int8, 1 or -1."""
    names = picture_names(pictures.entries)
    table = pd.DataFrame({"file": names, "split": split(names)})
    inside = next((name for name in pictures.entries if PurePosixPath(name).name == TABLE), None)
    if (folder / TABLE).is_file():
        table = table.join(_columns((folder / TABLE).read_bytes(), names, folder / TABLE))
    elif inside:
        table = table.join(_columns(pictures.read(inside), names, pictures.path / inside))
    return Raw(pictures, table, names)


def picture_names(names: Iterable[str]) -> list[str]:
    """Those that are pictures by their suffix, in order, without hidden files and what macOS adds to zips."""
    return sorted(
        name
        for name in names
        if name.lower().endswith(SUFFIXES) and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    )


def split(names: list[str]) -> list[str]:
    """80 % train, 10 % valid, 10 % test, by the order of the names' hashes: any run of names is spread over all three."""
    rank = np.argsort(np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in names]))
    return [next(split for split, share in SHARES if place < share * len(names)) for place in rank]


def _columns(text: bytes, names: list[str], where: Path) -> pd.DataFrame:
    """The table's columns, row for row with `names`: 1 where a column of 0/1 or -1/1 holds and -1 elsewhere.

    A column `hair` of categories becomes one column each: `hair_blond`, `hair_brown`, ... A blank, or a picture without a row, holds none.
    """
    try:
        given = pd.read_csv(io.BytesIO(text), index_col=0, dtype=str, keep_default_na=False)
    except ValueError as error:  # pandas' own errors are ValueErrors
        raise UserError(f"{where}: is no table: {' '.join(str(error).split())}") from None
    given.index = _pictures_named([str(name) for name in given.index], names, where)
    columns = {}
    for name, values in given.items():
        kinds = sorted(set(values) - {""})
        if set(kinds) <= HOLDS | HOLDS_NOT:
            columns[name] = values.isin(HOLDS)
        elif len(kinds) <= CATEGORIES:
            columns |= {f"{name}_{kind}": values == kind for kind in kinds}
        else:
            raise UserError(f"{where}: column {name} has {len(kinds):,} different values, and at most {CATEGORIES} can be categories")
    held = pd.DataFrame(columns, index=given.index).reindex(names, fill_value=False)
    return pd.DataFrame(np.where(held, 1, -1).astype("int8"), columns=held.columns)


def _pictures_named(given: list[str], names: list[str], where: Path) -> list[str]:
    """The picture that each row of the table is about: by its whole path, or by its file's name where only one picture has it."""
    known = set(names)
    by_file = _by_file(names)
    found = []
    for name in given:
        fitting = [name] if name in known else by_file.get(PurePosixPath(name).name, [])
        if len(fitting) != 1:
            several = f"fits several pictures, such as {' and '.join(fitting[:2])}; give its folder too"
            raise UserError(f"{where}: {name!r} in its first column {several if fitting else 'is the name of no picture'}")
        found += fitting
    if len(set(found)) < len(found):
        raise UserError(f"{where}: has two rows for {next(name for name in found if found.count(name) > 1)}")
    return found


def _by_file(names: list[str]) -> dict[str, list[str]]:
    by_file: dict[str, list[str]] = {}
    for name in names:
        by_file.setdefault(PurePosixPath(name).name, []).append(name)
    return by_file
