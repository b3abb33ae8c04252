"""The user's own pictures as `download` stores them: a zip, and an optional table of attributes."""

import hashlib
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from ganlib.data.archive import Archive
from ganlib.data.raw import Raw
from ganlib.support import console
from ganlib.support.errors import UserError

ARCHIVE = "pictures.zip"
TABLE = "attributes.csv"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
HOLDS, HOLDS_NOT = 1, (0, -1)
CATEGORIES = 100  # at most, in one column; more are captions or numbers
RESERVED = ("file", "split")  # columns of every data set's table
SHARES = (("train", 0.8), ("valid", 0.9), ("test", 1.0))  # cumulative shares of the pictures


def read(pictures: Archive, folder: Path) -> Raw:
    """The pictures of an archive, with the table in `folder` or in the archive, if any."""
    names = picture_names(pictures.entries)
    table = pd.DataFrame({"file": names, "split": split(names)})
    inside = next((name for name in pictures.entries if PurePosixPath(name).name == TABLE), None)
    if (folder / TABLE).is_file():
        table = table.join(columns((folder / TABLE).read_bytes(), names, folder / TABLE))
    elif inside:
        try:
            text = pictures.read(inside)
        except ValueError as error:
            raise UserError(f"{pictures.path}: {inside} cannot be read: {error}") from None
        table = table.join(columns(text, names, pictures.path / inside))
    return Raw(pictures, table, names)


def files(place: Path, suffixes: tuple[str, ...] = SUFFIXES) -> dict[str, Path]:
    """All files below a folder that are not hidden, by their relative paths; bytes of a name that are not UTF-8 become %E9.

    Raises a UserError for what would be left out without a word: a folder that cannot be read or is a link, which may lead anywhere; a link
    to no file that ends in one of `suffixes`; one of two names that become equal.
    """
    found: dict[str, Path] = {}

    def refuse(error: OSError) -> None:
        raise UserError(f"{error.filename}: cannot be read: {error.strerror}")

    for root, folders, names in os.walk(place, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (path := Path(root, name)).is_symlink():
                raise UserError(f"{path}: links to a folder, and such links are not followed: copy that folder here, or remove the link")
        for path in (Path(root, name) for name in names if not name.startswith(".")):
            if path.is_file():
                name = re.sub("[\udc80-\udcff]", lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", path.relative_to(place).as_posix())
                if name in found:
                    raise UserError(f"{place}: two files are called {name}, one of them in bytes that are not UTF-8: rename it")
                found[name] = path
            elif path.name.lower().endswith((*suffixes, TABLE)):
                raise UserError(f"{path}: {'links to no file' if path.is_symlink() else 'is no regular file'}: remove or replace it")
    return found


def picture_names(names: Iterable[str]) -> list[str]:
    """The sorted names with a suffix of SUFFIXES that are not hidden."""
    return sorted(name for name in names if name.lower().endswith(SUFFIXES) and not is_hidden(name))


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder that it is in, is hidden or one that macOS adds to zips."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def log_left_out(place: Path, names: Iterable[str], suffixes: Iterable[str]) -> None:
    """Say in a line that files of other kinds than `suffixes`, unless they are hidden, are no pictures."""
    if others := sorted(name for name in names if not is_hidden(name)):
        more = f" and {len(others) - 1:,} more" if others[1:] else ""
        console.log(f"{place}: left out {others[0]}{more}: not {', '.join(suffixes)}")


def split(names: list[str]) -> list[str]:
    """80% train, 10% valid, 10% test, by the order of the names' hashes, so that similar names are spread over all three."""
    rank = np.argsort(np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in names]))
    return [next(split for split, share in SHARES if place < share * len(names)) for place in rank]


def columns(text: bytes, names: list[str], where: Path) -> pd.DataFrame:
    """The table's attributes as int8, 1 or -1, one row for each of `names`.

    A column `hair` of categories becomes a column for each: `hair_blond`, `hair_brown`, ... A blank or missing row is -1 in all of them.
    """
    try:
        found = pd.read_csv(io.BytesIO(text), header=None, index_col=0, dtype=str, keep_default_na=False).fillna("")
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: not UTF-8 text ({error.reason} at byte {error.start}): save it as CSV UTF-8") from None
    except ValueError as error:  # includes pandas' own errors
        raise UserError(f"{where}: not a CSV table: {' '.join(str(error).split())}") from None
    if _plain(first := str(found.index[0])).endswith(SUFFIXES):
        raise UserError(f"{where}: the first row names the picture {first}, not the columns: add a row above it, such as file,hair,smiling")
    header, found = found.iloc[0].map(_composed), found.iloc[1:]
    found.index = pd.Index(_match([str(name) for name in found.index], names, where))
    expanded: dict[str, pd.Series[bool]] = {}
    for name, (_, values) in zip(header, found.items(), strict=True):
        values = values.map(_composed)
        kinds = sorted(set(values) - {""})
        if name in RESERVED:
            raise UserError(f"{where}: a column may not be called {name!r}: ganlib has a column of that name; rename yours")
        if kinds and not name:
            raise UserError(f"{where}: a column has values, such as {kinds[0]!r}, and no name: give it one")
        if {_number(kind) for kind in kinds} <= {HOLDS, *HOLDS_NOT}:
            new = {name: values.map(_number) == HOLDS} if name else {}
        elif len(kinds) <= CATEGORIES:
            new = {f"{name}_{kind}": values == kind for kind in kinds}
        else:
            raise UserError(f"{where}: column {name} has {len(kinds):,} different values; categories are limited to {CATEGORIES}")
        if twice := next(iter(new.keys() & expanded.keys()), None):
            raise UserError(f"{where}: two columns become {twice}: rename {name!r}")
        expanded |= new
    true = pd.DataFrame(expanded, index=found.index).reindex(names, fill_value=False)
    return pd.DataFrame(np.where(true, 1, -1).astype("int8"), columns=true.columns)


def _match(rows: list[str], names: list[str], where: Path) -> list[str]:
    """The picture of each row of the table: by its full path, or by its file name if that is unique.

    Else by the same without regard to how letters are composed (macOS stores an e and an accent for é), case and the kind of slash.
    """
    keys: list[Callable[[str], str]] = [str, _file_name, _plain, lambda name: _file_name(_plain(name))]
    indices: list[dict[str, list[str]]] = [{} for _ in keys]
    for key, index in zip(keys, indices, strict=True):
        for name in names:
            index.setdefault(key(name), []).append(name)
    found: dict[str, None] = {}
    for row in rows:
        matches: list[str] = next(filter(None, (index.get(key(row)) for key, index in zip(keys, indices, strict=True))), [])
        if len(matches) != 1:
            several = f"matches several pictures, such as {' and '.join(matches[:2])}; add its folder"
            raise UserError(f"{where}: {row!r} in the first column {several if matches else 'is not the name of a picture'}")
        if matches[0] in found:
            raise UserError(f"{where}: has two rows for {matches[0]}")
        found[matches[0]] = None
    return list(found)


def _file_name(name: str) -> str:
    return PurePosixPath(name).name


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plain(name: str) -> str:
    return _composed(name.replace("\\", "/").casefold())
