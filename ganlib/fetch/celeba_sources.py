"""Sources of CelebA: data/incoming/, Google Drive, a mirror, or a folder or zip on the disk."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ganlib.data import archive, celeba, decode
from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, COUNT, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH
from ganlib.fetch import copies, transfer
from ganlib.support import paths, progress
from ganlib.support.errors import UserError

DRIVE = "drive"
SAMPLE = 100  # pictures whose size is checked, at most
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
    """CelebA on the disk: a zip or a folder of pictures, and the two tables in their official format."""

    pictures: Path | None
    tables: dict[str, bytes]

    @property
    def missing(self) -> list[str]:
        """The official names of the missing parts."""
        pictures = [] if self.pictures else [f"{ARCHIVE} (or a folder {FOLDER}/)"]
        return pictures + [name for name in TABLES if name not in self.tables]


def fetch(dataset: str, source: str | None, needed: int, raw: Path) -> None:
    """Store pictures, attributes and split of `source` in `raw`, which is only changed after they have been verified.

    `source` is "drive", a URL, a folder or a zip; None is data/incoming/, or Google Drive for what is missing there. There must be `needed`
    pictures. Downloads stay in data/incoming/ for all data sets and later runs. A UserError lists the alternatives.
    """
    remote = is_remote(source)
    place = paths.incoming() if remote else paths.home() / str(source)
    try:
        found = find(place)
        if found.missing and remote:
            found = _download(source or DRIVE)
        if found.missing or found.pictures is None:
            raise UserError(f"{place} has no {', no '.join(found.missing)}")
        _install(found.pictures, found.tables, needed, dataset, raw)
    except UserError as error:
        raise UserError(
            f"params.yaml: datasets.{dataset}.source: {error}. Any of {', '.join(OFFICIAL)} can be put into {paths.incoming()}/ by hand for"
            " a blank source; downloads are there too, and are repeated if you remove them; or"
            f" choose another source with -S datasets.{dataset}.source=... : drive (Google Drive), a mirror's URL (https://, s3://, gs://),"
            " a folder or a zip"
        ) from None


def is_remote(source: str | None) -> bool:
    """Whether `source` has to be downloaded, unless data/incoming/ has it already."""
    return source is None or source == DRIVE or "://" in source


def find(place: Path) -> Found:
    """CelebA in a folder or a zip, in the official layout or in that of Kaggle's jessicali9530/celeba-dataset."""
    if not place.exists():
        return Found(None, {})
    folder = place if place.is_dir() else place.parent
    zips = [place] if place.is_file() else [folder / ARCHIVE, *sorted(folder.glob("[!.]*.zip"))]
    found_in = (_look_into(path, named=path == zips[0]) for path in zips if path.is_file())
    pictures, tables = next(filter(None, found_in), (None, {}))
    tables |= _tables({path.name: path.read_bytes for path in folder.iterdir() if path.is_file()})
    folders = (folder / FOLDER / FOLDER, folder / FOLDER)
    return Found(pictures or next((path for path in folders if path.is_dir()), None), tables)


def _look_into(path: Path, named: bool) -> tuple[Path, dict[str, bytes]] | None:
    """A zip and its tables; None for a zip that has no table and another name than ARCHIVE or `source`: it may be anything."""
    with archive.Archive(path) as whole:
        tables = _tables({PurePosixPath(name).name: partial(whole.read, name) for name in whole.entries})
    return (path, tables) if named or tables else None


def _tables(readers: Mapping[str, Callable[[], bytes]]) -> dict[str, bytes]:
    """Those of TABLES that are among the files with these readers; Kaggle's CSV is converted to the official format."""
    tables = {}
    for name in TABLES:
        csv = f"{Path(name).stem}.csv"
        found = name if name in readers else csv
        if found not in readers:
            continue
        try:
            text = readers[found]()
        except (OSError, ValueError) as error:  # of a file, of an entry of a zip
            raise UserError(f"{found} cannot be read: {error}") from None
        if found == csv:
            header, *rows = text.decode(errors="replace").replace(",", " ").splitlines() or [""]
            head = [str(len(rows)), header.partition(" ")[2]] if name == ATTRIBUTE_TABLE else []
            text = "\n".join([*head, *rows, ""]).encode()
        tables[name] = text
    return tables


def _download(source: str) -> Found:
    """Download CelebA from Google Drive or a mirror, except for files that are in data/incoming/ already.

    The authors' files are stored in data/incoming/ itself, those of a URL in a subfolder named after a hash of the URL: mirrors may differ.
    """
    staging = paths.downloads(source)
    folder = paths.incoming() if source == DRIVE else paths.incoming(source)
    if source != DRIVE and PurePosixPath(source).suffix == ".zip":
        whole = folder / PurePosixPath(source).name
        transfer.download(source, whole, staging)
        return find(whole)
    files = {}
    for name, (drive_id, md5) in OFFICIAL.items():
        by_hand = paths.incoming() / name
        files[name] = by_hand if by_hand.is_file() else folder / name
        if source == DRIVE:
            transfer.download(f"https://drive.google.com/uc?id={drive_id}", files[name], staging, md5)
        else:
            transfer.download(f"{source.rstrip('/')}/{name}", files[name], staging)
    return Found(files.pop(ARCHIVE), {name: path.read_bytes() for name, path in files.items()})


def _install(pictures: Path, tables: Mapping[str, bytes], needed: int, dataset: str, raw: Path) -> None:
    """Verify the parts and move them to `raw` under their official names, with the terms of use."""
    fresh = raw.with_name(f".{raw.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        for name, text in tables.items():
            (fresh / name).write_bytes(text)
        whole = pictures
        if pictures.is_dir():
            whole = fresh / ARCHIVE
            archive.pack({f"{FOLDER}/{path.name}": path for path in sorted(pictures.glob("*.jpg"))}, whole)
        check(whole, fresh, needed, dataset)
        if whole.parent != fresh:
            copies.link_or_copy(whole, fresh / ARCHIVE)
        (fresh / TERMS_FILE).write_text(TERMS, encoding="utf-8")
        if not (raw / TERMS_FILE).exists():
            progress.log(TERMS)
        raw.mkdir(parents=True, exist_ok=True)
        for path in fresh.iterdir():
            path.replace(raw / path.name)
    finally:
        shutil.rmtree(fresh)


def check(whole: Path, tables: Path, needed: int, dataset: str) -> None:
    """Raise a UserError unless a zip and the tables are CelebA: by the authors' md5, or by count, names and a sample of sizes."""
    with archive.Archive(whole) as pictures:
        raw = celeba.read(pictures, tables)
        raw.require(needed, dataset)
        if odd := [name for name in raw.table["file"] if not re.fullmatch(r"\d{6}\.jpg", name)]:
            raise UserError(f"{whole}: {odd[0]!r} is not a name of CelebA's, which run from 000001.jpg to {COUNT}.jpg")
        if transfer.checksum(whole) == OFFICIAL[ARCHIVE][1]:
            progress.log(f"{ARCHIVE}: the authors' own file, by its md5")
            return
        sample = raw.members[:: -(-len(raw.members) // SAMPLE)]
        for name in sample:
            try:
                height, width = decode.rgb(pictures.read(name)).shape[:2]
            except ValueError as error:
                raise UserError(f"{whole}: {name} cannot be read: {error}") from None
            if (width, height) != (WIDTH, HEIGHT):
                raise UserError(f"{whole}: {name} has {width}x{height} pixels; CelebA's aligned pictures have {WIDTH}x{HEIGHT}")
    progress.log(f"{ARCHIVE}: repacked (another md5); verified {len(raw.table):,} pictures, their names, and the size of {len(sample)}")
