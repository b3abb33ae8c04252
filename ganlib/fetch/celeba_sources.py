"""Where CelebA comes from: what lies in data/incoming/, Google Drive, a mirror, or a folder or zip on the disk."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ganlib.data import archive, celeba, decode
from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, COUNT, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH
from ganlib.data.faces import evenly_spaced
from ganlib.fetch import copies, transfer
from ganlib.support import paths, progress
from ganlib.support.errors import UserError

DRIVE = "drive"
SAMPLE = 100  # pictures whose size is looked at
TABLES = (ATTRIBUTE_TABLE, SPLIT_TABLE)

# The authors' files on Google Drive, as torchvision 0.29.1 lists them in torchvision.datasets.CelebA.file_list: id, md5.
OFFICIAL = {
    ATTRIBUTE_TABLE: ("0B7EVK8r0v71pblRyaVFSWGxPY0U", "75e246fa4810816ffd6ee81facbd244c"),
    SPLIT_TABLE: ("0B7EVK8r0v71pY0NSMzRuSXJEVkk", "d32c9cbf5e040fd4025c592c306e6668"),
    ARCHIVE: ("0B7EVK8r0v71pZjFTYXZWM3FlRnM", "00d2c5bc6d35e252742224ab0c1e8fcb"),
}

TERMS_FILE = "TERMS.txt"
TERMS = """\
CelebA (Liu, Luo, Wang & Tang 2015, https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html) is for non-commercial research only. Its pictures
come from the internet and are not the property of its authors, nor of ganlib. You agree not to reproduce, copy, sell or exploit them, or
anything made from them, for any commercial purpose, and not to copy, publish or distribute any part of them further; copies for use at one
site within one organisation are allowed.
"""


@dataclass(frozen=True)
class Found:
    """CelebA's parts on the disk: a zip or a folder of pictures, and the two tables as the official text."""

    pictures: Path | None
    tables: dict[str, bytes]

    @property
    def missing(self) -> list[str]:
        """The official names of what is not there."""
        pictures = [] if self.pictures else [f"{ARCHIVE} (or a folder {FOLDER}/)"]
        return pictures + [name for name in TABLES if name not in self.tables]


def fetch(dataset: str, source: str | None, needed: int, raw: Path) -> None:
    """Bring pictures, attributes and split of `source` into `raw`, which is touched only once they are known to be sound.

    `source`: "drive", a URL, a folder or a zip; None takes what lies in data/incoming/, else Google Drive. `needed`: how many pictures
    there must be. What is downloaded stays in data/incoming/, so that no other data set or setting asks for it again. A UserError says
    what went wrong, where a file can be put by hand and which other sources there are.
    """
    remote = is_remote(source)
    place = paths.incoming() if remote else paths.home() / str(source)
    try:
        found = find(place)
        if found.missing and remote:
            found = _download(source or DRIVE)
        if found.missing:
            raise UserError(f"{place} has no {', no '.join(found.missing)}")
        _install(found, needed, dataset, raw)
    except UserError as error:
        raise UserError(
            f"params.yaml: datasets.{dataset}.source: {error}. Any of {', '.join(OFFICIAL)} can be put into {paths.incoming()}/ by hand and"
            " is used by the next run with a blank source; what was downloaded lies there too, and is fetched again once it is removed; or"
            f" name another source with -S datasets.{dataset}.source=... : drive (Google Drive), a mirror's URL (https://, s3://, gs://),"
            " a folder or a zip"
        ) from None


def is_remote(source: str | None) -> bool:
    """Whether a source is to be downloaded, when data/incoming/ does not hold it already."""
    return source is None or source == DRIVE or "://" in source


def find(place: Path) -> Found:
    """What of CelebA lies in a folder or a zip, in the official layout or in that of Kaggle's jessicali9530/celeba-dataset."""
    if not place.exists():
        return Found(None, {})
    folder = place if place.is_dir() else place.parent
    zips = [place] if place.is_file() else [folder / ARCHIVE, *sorted(folder.glob("[!.]*.zip"))]
    found_in = (_look_into(path, named=path == zips[0]) for path in zips if path.is_file())
    pictures, tables = next(filter(None, found_in), (None, {}))
    tables |= _tables({path.name: path.read_bytes for path in folder.iterdir()})
    folders = (folder / FOLDER / FOLDER, folder / FOLDER)
    return Found(pictures or next((path for path in folders if path.is_dir()), None), tables)


def _look_into(path: Path, named: bool) -> tuple[Path, dict[str, bytes]] | None:
    """A zip and the tables in it; None for one that is neither named nor has a table, since it may be anything."""
    with archive.open_archive(path) as whole:
        tables = _tables({PurePosixPath(name).name: partial(whole.read, name) for name in whole.entries})
    return (path, tables) if named or tables else None


def _tables(readers: Mapping[str, Callable[[], bytes]]) -> dict[str, bytes]:
    """Those of TABLES that there are, by what reads each file; Kaggle's CSV becomes the official text."""
    tables = {name: readers[name]() for name in TABLES if name in readers}
    for name in TABLES:
        csv = f"{Path(name).stem}.csv"
        if name not in tables and csv in readers:
            header, *rows = readers[csv]().decode(errors="replace").replace(",", " ").splitlines()
            head = [str(len(rows)), header.partition(" ")[2]] if name == ATTRIBUTE_TABLE else []
            tables[name] = "\n".join([*head, *rows, ""]).encode()
    return tables


def _download(source: str) -> Found:
    """What Google Drive or a mirror has, but for those of the files that already lie in data/incoming/.

    The authors' own files land in data/incoming/ itself, and what a URL gives in a folder of that URL: mirrors may differ.
    """
    waiting = paths.downloads(source)
    folder = paths.incoming() if source == DRIVE else paths.incoming(source)
    if source != DRIVE and PurePosixPath(source).suffix == ".zip":
        whole = folder / PurePosixPath(source).name
        transfer.download(source, whole, waiting)
        return find(whole)
    files = {}
    for name, (drive_id, md5) in OFFICIAL.items():
        by_hand = paths.incoming() / name
        files[name] = by_hand if by_hand.is_file() else folder / name
        if source == DRIVE:
            transfer.download(f"https://drive.google.com/uc?id={drive_id}", files[name], waiting, md5)
        else:
            transfer.download(f"{source.rstrip('/')}/{name}", files[name], waiting)
    return Found(files.pop(ARCHIVE), {name: path.read_bytes() for name, path in files.items()})


def _install(found: Found, needed: int, dataset: str, raw: Path) -> None:
    """Put the parts into `raw` under their official names, with the terms, once they are known to be sound."""
    fresh = raw.with_name(f".{raw.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        for name, text in found.tables.items():
            (fresh / name).write_bytes(text)
        whole = found.pictures
        if whole.is_dir():
            whole = fresh / ARCHIVE
            archive.pack({f"{FOLDER}/{path.name}": path for path in sorted(found.pictures.glob("*.jpg"))}, whole)
        check(whole, fresh, needed, dataset)
        if whole.parent != fresh:
            copies.take(whole, fresh / ARCHIVE)
        (fresh / TERMS_FILE).write_text(TERMS, encoding="utf-8")
        if not (raw / TERMS_FILE).exists():
            progress.log(TERMS)
        raw.mkdir(parents=True, exist_ok=True)
        for path in fresh.iterdir():
            path.replace(raw / path.name)
    finally:
        shutil.rmtree(fresh)


def check(whole: Path, tables: Path, needed: int, dataset: str) -> None:
    """Whether a zip and the tables beside it are CelebA: by the authors' md5, or else by count, names and a sample of sizes."""
    with archive.open_archive(whole) as pictures:
        raw = celeba.read(pictures, tables)
        raw.require(needed, dataset)
        if odd := [name for name in raw.table["file"] if not re.fullmatch(r"\d{6}\.jpg", name)]:
            raise UserError(f"{whole}: {odd[0]!r} is no name of CelebA's, which run from 000001.jpg to {COUNT}.jpg")
        if transfer.checksum(whole) == OFFICIAL[ARCHIVE][1]:
            return progress.log(f"{ARCHIVE}: the authors' own file, by its md5")
        sample = [raw.members[row] for row in evenly_spaced(min(SAMPLE, len(raw.members)), len(raw.members))]
        for name in sample:
            try:
                height, width = decode.rgb(pictures.read(name)).shape[:2]
            except ValueError as error:
                raise UserError(f"{whole}: {name} cannot be read: {error}") from None
            if (width, height) != (WIDTH, HEIGHT):
                raise UserError(f"{whole}: {name} has {width}x{height} pixels, and CelebA's aligned pictures {WIDTH}x{HEIGHT}")
    return progress.log(
        f"{ARCHIVE}: not the authors' own zip, so that its md5 tells nothing; checked instead: {len(raw.table):,} pictures, their names,"
        f" and the size of {len(sample)}"
    )
