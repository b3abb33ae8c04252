"""Finds CelebA on the disk in the layouts that people have: the authors', torchvision's, Kaggle's, and the hubs' parquet shards."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from ganlib.data import archive
from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, FOLDER, SPLIT_TABLE, SUFFIXES
from ganlib.fetch import tables as formats
from ganlib.support.errors import UserError

DEPTH = 3  # levels of folders below the source: CelebA/Img/img_align_celeba
TABLES = (ATTRIBUTE_TABLE, SPLIT_TABLE)
SKIPPED = re.compile(r"\..*|__MACOSX|[0-9a-f]{12}")  # folders: hidden ones, and those of URLs in data/incoming/
PICTURE = re.compile(rf"\d{{6}}\.({'|'.join(SUFFIXES)})", re.IGNORECASE)

Files = Mapping[Path, list[str]]  # the names of the files in each folder


@dataclass(frozen=True)
class Table:
    """A table in the official format, and the user's file or the zip's entry that it comes from."""

    text: bytes
    path: Path


@dataclass(frozen=True)
class Found:
    """A zip or a folder of pictures and the two tables, or else parquet shards with both."""

    pictures: Path | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    shards: list[Path] = field(default_factory=list)

    @property
    def place(self) -> Path | None:
        """The folder or zip of the pictures."""
        return self.shards[0].parent if self.shards else self.pictures

    @property
    def missing(self) -> list[str]:
        """The official names of the missing parts."""
        if self.shards:
            return []
        pictures = [] if self.pictures else [f"{ARCHIVE} (or a folder {FOLDER}/)"]
        return pictures + [name for name in TABLES if name not in self.tables]


def find(place: Path) -> Found:
    """CelebA in a folder and the folders in it, in a zip, or in a parquet file. Pictures alone have their tables beside them.

    Raises a UserError for a damaged zip or table, and if two folders could be meant.
    """
    if not place.exists():
        return Found()
    if place.is_file() and place.name.endswith(".parquet"):
        return Found(shards=[place])
    files = dict(_walk(place, DEPTH)) if place.is_dir() else {}
    pictures, tables, damaged = None, {}, None
    for path in _zips(place, files):
        named = path.name == ARCHIVE or path == place
        try:
            inside = _tables_in_zip(path)
        except UserError as error:
            if named:
                raise
            damaged = damaged or error
        else:
            if named or inside:  # any other zip may be anything
                pictures, tables = path, inside
                break
    pictures = pictures or _folder_of_pictures(files)
    shards = [folder / name for folder, names in files.items() for name in names if name.endswith(".parquet")]
    if not pictures and shards:
        return Found(shards=shards)
    if not pictures and damaged:
        raise damaged
    tables = _tables_in_folders(files) | tables
    if pictures and len(tables) < len(TABLES):
        beside = (place.parent, *(folder / name for folder in (place.parent, place.parent.parent) for name in ("Anno", "Eval")))
        tables = _tables_in_folders(dict(entry for folder in beside if folder.is_dir() for entry in _walk(folder, 0))) | tables
    return Found(pictures, tables)


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, list[str]]]:
    """The sorted names of the files in `folder`, then those of the readable folders in it, to `depth`, shallowest first."""
    level = [folder]
    for _ in range(depth + 1):
        below = []
        for path in level:
            names = []
            with os.scandir(path) as entries:
                for entry in entries:
                    if not entry.is_dir():
                        names.append(entry.name)
                    elif not SKIPPED.fullmatch(entry.name) and os.access(entry, os.R_OK | os.X_OK):
                        below.append(path / entry.name)
            yield path, sorted(names)
        level = sorted(below)


def _only(what: str, folders: Iterable[Path]) -> Path | None:
    """The shallowest of `folders`, which come in that order; a UserError if there are two."""
    match [*folders]:
        case [first, second, *_] if len(first.parts) == len(second.parts):
            raise UserError(f"{what} is both in {first} and in {second}: set the folder of one of them")
        case [first, *_]:
            return first
    return None


def _zips(place: Path, files: Files) -> list[Path]:
    """The zips that may be CelebA, the likeliest first."""
    if place.is_file():
        return [place]
    folder = _only(ARCHIVE, (folder for folder, names in files.items() if ARCHIVE in names))
    others = [place / name for name in files[place] if name.lower().endswith(".zip") and not name.startswith(".") and name != ARCHIVE]
    return [folder / ARCHIVE, *others] if folder else others


def _folder_of_pictures(files: Files) -> Path | None:
    """The folder of the aligned pictures; of several, the one with the authors' name."""
    found = [folder for folder, names in files.items() if any(map(PICTURE.fullmatch, names))]
    for name in (FOLDER, f"{FOLDER}_png"):
        if above := _only(f"{name}/", (folder.parent for folder in found if folder.name == name)):
            return above / name
    return _only("a folder of pictures", found)


def _tables_in_zip(path: Path) -> dict[str, Table]:
    with archive.Archive(path) as whole:
        if nested := next((name for name in whole.entries if PurePosixPath(name).name == ARCHIVE), None):
            raise UserError(f"{path}: {archive.NESTED.format(nested)}")
        readers = {PurePosixPath(name).name: (path / name, partial(whole.read, name)) for name in whole.entries}
        return _tables(readers)


def _tables_in_folders(files: Files) -> dict[str, Table]:
    """The tables in the shallowest folder that has them."""
    readers = {}
    for name in TABLES:
        for file in (name, f"{Path(name).stem}.csv"):
            if folder := _only(file, (folder for folder, names in files.items() if file in names)):
                readers[file] = (folder / file, (folder / file).read_bytes)
    return _tables(readers)


def _tables(readers: Mapping[str, tuple[Path, Callable[[], bytes]]]) -> dict[str, Table]:
    """Those of TABLES that are among files with these names, paths and readers, or Kaggle's CSV instead."""
    tables = {}
    for name in TABLES:
        found = name if name in readers else f"{Path(name).stem}.csv"
        if found in readers:
            path, read = readers[found]
            try:
                text = read()
            except (OSError, ValueError) as error:  # of a file, of an entry of a zip
                raise UserError(f"{path} cannot be read: {error}") from None
            tables[name] = Table(formats.official(name, text, path), path)
    return tables
