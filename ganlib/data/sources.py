"""Where CelebA comes from: what lies in data/incoming/, Google Drive, a mirror, or a folder or zip on the disk."""

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ganlib import paths, progress
from ganlib.data import archive, copies, decode, transfer
from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH, rows
from ganlib.data.faces import spread
from ganlib.errors import UserError

DRIVE = "drive"
COUNT = 202_599
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


def fetch(dataset: str, source: str | None, images: int | None, raw: Path) -> None:
    """Bring pictures, attributes and split of `source` into `raw`, which is touched only once they are known to be sound.

    `source`: "drive", a URL, a folder or a zip; None takes what lies in data/incoming/, else Google Drive. `images`: how many are needed,
    None for all of CelebA. A UserError says what went wrong, where a file can be put by hand and which other sources there are.
    """
    incoming = paths.home() / paths.INCOMING
    remote = is_remote(source)
    place = incoming if remote else paths.home() / str(source)
    try:
        found = find(place)
        if found.missing and remote:
            found = _download(source or DRIVE, incoming)
        if found.missing:
            raise UserError(f"{place} has no {', no '.join(found.missing)}")
        _install(found, images, dataset, raw)
    except UserError as error:
        raise UserError(
            f"params.yaml: datasets.{dataset}.source: {error}. Any of {', '.join(OFFICIAL)} can be put into {incoming}/ by hand and is used"
            f" by the next run with a blank source; or name another source with -S datasets.{dataset}.source=... : drive (Google Drive),"
            " a mirror's URL (https://, s3://, gs://), a folder or a zip"
        ) from None


def is_remote(source: str | None) -> bool:
    """Whether a source is to be downloaded, when data/incoming/ does not hold it already."""
    return source is None or source == DRIVE or "://" in source


def find(place: Path) -> Found:
    """What of CelebA lies in a folder or a zip, in the official layout or in that of Kaggle's jessicali9530/celeba-dataset."""
    if not place.exists():
        return Found(None, {})
    folder = place if place.is_dir() else place.parent
    zips = [place] if place.is_file() else [folder / ARCHIVE, *sorted(folder.glob("*.zip"))]
    pictures, tables = next((held for path in zips if path.is_file() and (held := _held(path, path in (place, zips[0])))), (None, {}))
    tables |= _tables({path.name: path.read_bytes for path in folder.iterdir()})
    folders = (folder / FOLDER / FOLDER, folder / FOLDER)
    return Found(pictures or next((path for path in folders if path.is_dir()), None), tables)


def _held(path: Path, named: bool) -> tuple[Path, dict[str, bytes]] | None:
    """A zip and the tables in it; None for one that is neither named nor has a table, since it may be anything."""
    with archive.opened(path) as whole:
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


def _download(source: str, incoming: Path) -> Found:
    """What a mirror or Google Drive has, where data/incoming/ does not have it already; files wait in .checkpoints/ until all have come."""
    waiting = paths.downloads(source)
    if source != DRIVE and PurePosixPath(source).suffix == ".zip":
        return find(_bring(source, waiting / PurePosixPath(source).name))
    brought = {}
    for name, (drive_id, md5) in OFFICIAL.items():
        if (incoming / name).is_file():
            brought[name] = incoming / name
        elif source == DRIVE:
            brought[name] = _bring(f"https://drive.google.com/uc?id={drive_id}", waiting / name)
            _check_md5(brought[name], md5)
        else:
            brought[name] = _bring(f"{source.rstrip('/')}/{name}", waiting / name)
    return Found(brought.pop(ARCHIVE), {name: path.read_bytes() for name, path in brought.items()})


def _bring(url: str, target: Path) -> Path:
    transfer.download(url, target)
    with target.open("rb") as file:
        page = file.read(1024).decode(errors="replace").strip()
    if page.lower().startswith(("<!doctype html", "<html")):
        target.unlink()
        title = re.search("<title>(.*?)</title>", page, re.DOTALL | re.IGNORECASE)
        said = f" ({title[1].strip()})" if title else ""
        raise UserError(f"{url} sent a web page in place of {target.name}{said}: a used-up quota, a login, or a wrong address")
    return target


def _check_md5(path: Path, expected: str) -> None:
    if (found := md5(path)) != expected:
        aside = path.with_name(f"{path.name}.wrong")
        path.replace(aside)
        raise UserError(f"{path.name} came with the md5 {found}, and the authors' file has {expected}; it is kept aside as {aside}, unused")


def md5(path: Path) -> str:
    """The checksum of a file, as CelebA's mirrors and DVC state it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _install(found: Found, images: int | None, dataset: str, raw: Path) -> None:
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
            copies.pack({f"{FOLDER}/{path.name}": path for path in sorted(found.pictures.glob("*.jpg"))}, whole)
        check(whole, fresh, images, dataset)
        if whole.parent != fresh:
            copies.take(whole, fresh / ARCHIVE)
        (fresh / TERMS_FILE).write_text(TERMS)
        if not (raw / TERMS_FILE).exists():
            progress.note(TERMS)
        raw.mkdir(parents=True, exist_ok=True)
        for path in fresh.iterdir():
            path.replace(raw / path.name)
    finally:
        shutil.rmtree(fresh)


def check(whole: Path, tables: Path, images: int | None, dataset: str) -> None:
    """Whether a zip and the tables beside it are CelebA: by the authors' md5, or else by count, names and a sample of sizes."""
    with archive.opened(whole) as pictures:
        table, members = rows(pictures, tables)
        if len(table) < (images or COUNT):
            raise UserError(
                f"{whole} holds {len(table):,} pictures, and {images or COUNT:,} are needed;"
                f" for a part of CelebA lower datasets.{dataset}.images"
            )
        if odd := [name for name in table["file"] if not re.fullmatch(r"\d{6}\.jpg", name)]:
            raise UserError(f"{whole}: {odd[0]!r} is no name of CelebA's, which run from 000001.jpg to {COUNT}.jpg")
        if md5(whole) == OFFICIAL[ARCHIVE][1]:
            return progress.note(f"{ARCHIVE}: the authors' own file, by its md5")
        sample = [members[row] for row in spread(min(SAMPLE, len(members)), len(members))]
        for name in sample:
            try:
                height, width = decode.rgb(pictures.read(name)).shape[:2]
            except ValueError as error:
                raise UserError(f"{whole}: {name} cannot be read: {error}") from None
            if (width, height) != (WIDTH, HEIGHT):
                raise UserError(f"{whole}: {name} has {width}x{height} pixels, and CelebA's aligned pictures {WIDTH}x{HEIGHT}")
    return progress.note(
        f"{ARCHIVE}: not the authors' own zip, so that its md5 tells nothing; checked instead: {len(table):,} pictures, their names,"
        f" and the size of {len(sample)}"
    )
