"""Sources of CelebA: data/incoming/, Google Drive, a mirror, or a folder or zip on the disk."""

import json
import re
import shutil
from functools import partial
from pathlib import Path, PurePosixPath

from ganlib.data import archive, celeba, decode
from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, COUNT, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH
from ganlib.data.raw import Raw
from ganlib.fetch import copies, shards, stores, transfer, web
from ganlib.fetch.layouts import TABLES, Found, Table, find
from ganlib.fetch.tables import is_picture, official
from ganlib.support import console, paths
from ganlib.support.errors import UserError
from ganlib.support.files import replacing

DRIVE = "drive"
SAMPLE = 100  # pictures whose size is checked, at most
SHARD_LIST = "shards.json"

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


def fetch(dataset: str, source: str | None, needed: int, raw: Path) -> None:
    """Store pictures, attributes and split of `source` in `raw`, which is only changed after they have been verified.

    `source` is "drive", a URL, a folder or a zip; None is data/incoming/, or Google Drive for what is missing there. There must be `needed`
    pictures. Downloads stay in data/incoming/ for all data sets and later runs. A UserError lists the alternatives.
    """
    local = None if source == DRIVE else paths.local(source)
    place = local or paths.incoming()
    try:
        found = find(place)
        if found.missing and local is None:
            found = _download(source or DRIVE)
        if found.missing:
            absent = "does not exist" if local and not local.exists() else f"has no {', no '.join(found.missing)}"
            raise UserError(f"{local or source} {absent}")
        _install(found, needed, dataset, raw)
    except UserError as error:
        raise UserError(
            f"params.yaml: datasets.{dataset}.source: {error}. Any of {', '.join(OFFICIAL)} can be put into {paths.incoming()}/ by hand for"
            " a blank source; downloads are there too, and are repeated if you remove them; or"
            f" choose another source with -S datasets.{dataset}.source=... : drive (Google Drive), a mirror's URL (https://, s3://, gs://),"
            " a folder or a zip"
        ) from None


def _download(source: str) -> Found:
    """Download CelebA from Google Drive or a mirror, except for files that are in data/incoming/ already.

    The authors' files are stored in data/incoming/ itself, those of a URL in a subfolder named after a hash of the URL: mirrors may differ.
    """
    source = re.sub(r"^https://huggingface\.co/(datasets/[^/]+/[^/]+)/?$", r"hf://\1", source)  # the page of a data set
    staging = paths.downloads(source)
    folder = paths.incoming() if source == DRIVE else paths.incoming(source)
    if source != DRIVE and (single := transfer.file_name(source)):
        transfer.download(source, folder / single, staging)
        return find(folder / single)
    if source != DRIVE and (urls := _shard_urls(source, folder)):
        for name, url in urls.items():
            transfer.download(url, folder / name, staging)
        return Found(shards=[folder / name for name in urls])
    files = {}
    for name, (drive_id, md5) in OFFICIAL.items():
        by_hand = paths.incoming() / name
        files[name] = by_hand if by_hand.is_file() else folder / name
        if source == DRIVE:
            transfer.download(f"https://drive.google.com/uc?id={drive_id}", files[name], staging, md5)
        else:
            url = re.sub(r"/*(?=[?#]|$)", f"/{name}", source, count=1)
            transfer.download(url, files[name], staging, check=None if name == ARCHIVE else partial(_check_table, name, url))
    tables = {name: Table(official(name, files[name].read_bytes(), files[name]), files[name]) for name in TABLES}
    return Found(files[ARCHIVE], tables)


def _check_table(name: str, url: str, path: Path) -> None:
    """Raise a UserError unless `path`, downloaded from `url`, is the table `name`."""
    official(name, path.read_bytes(), url)


def _shard_urls(source: str, folder: Path) -> dict[str, str]:
    """The URLs of the parquet shards in a folder of a hub or store, by their names in `folder`, where a list of them is kept.

    There are none if the source has the authors' zip.
    """
    known = folder / SHARD_LIST
    if not known.exists():
        urls = {} if (folder / ARCHIVE).exists() or web.is_web(source) else stores.listing(source)
        urls = {} if ARCHIVE in urls else {path: url for path, url in urls.items() if path.endswith(".parquet")}
        if not urls:
            return {}
        with replacing(known) as part:
            part.write_text(json.dumps({path.replace("/", "_"): url for path, url in urls.items()}), encoding="utf-8")
    return dict(json.loads(known.read_text(encoding="utf-8")))


def _install(found: Found, needed: int, dataset: str, raw: Path) -> None:
    """Verify the parts and move them to `raw` under their official names, with the terms of use."""
    fresh = raw.with_name(f".{raw.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        whole = _pack(found, fresh)
        check(whole, fresh, found, needed, dataset)
        if whole.parent != fresh:
            copies.link_or_copy(whole, fresh / ARCHIVE)
        (fresh / TERMS_FILE).write_text(TERMS, encoding="utf-8")
        if not (raw / TERMS_FILE).exists():
            console.log(TERMS)
        raw.mkdir(parents=True, exist_ok=True)
        for path in fresh.iterdir():
            path.replace(raw / path.name)
    finally:
        shutil.rmtree(fresh)


def _pack(found: Found, folder: Path) -> Path:
    """Write the tables to `folder`, and the zip of pictures unless there is one; return the zip."""
    packed = folder / ARCHIVE
    if found.pictures is None:
        celeba.write_tables(shards.unpack(found.shards, packed), folder)
        return packed
    for name, table in found.tables.items():
        (folder / name).write_bytes(table.text)
    if found.pictures.is_file():
        return found.pictures
    files = sorted(path for path in found.pictures.iterdir() if is_picture(path.name) and path.is_file())
    archive.pack({f"{FOLDER}/{path.name}": path for path in files}, packed)
    return packed


def check(whole: Path, folder: Path, found: Found, needed: int, dataset: str) -> None:
    """Raise a UserError unless a zip and the tables in `folder` are CelebA: by the authors' md5, or by count, names and a sample of sizes.

    Pictures that the zip lacks are logged and removed from the tables.
    """
    table = celeba.read_tables(folder, {name: table.path for name, table in found.tables.items()})
    with archive.Archive(whole, found.place) as pictures:
        members = celeba.find_members(pictures, table["file"])
        absent = table["file"][[member is None for member in members]]
        there = [member for member in members if member]
        if not there:
            raise UserError(f"{pictures.path}: has no picture that {ATTRIBUTE_TABLE} lists, such as {FOLDER}/{absent[0]}")
        if len(absent):
            listed = f"{len(absent):,} of the {len(table):,} pictures that {ATTRIBUTE_TABLE} lists"
            console.log(f"{pictures.path}: lacks {listed}, such as {absent.iloc[0]}; the others are used")
            table = table.drop(index=absent.index).reset_index(drop=True)
            celeba.write_tables(table, folder)
        Raw(pictures, table, there).require(needed, dataset)
        if odd := [name for name in table["file"] if not re.fullmatch(r"\d{6}\.jpg", name)]:
            raise UserError(f"{pictures.path}: {odd[0]!r} is not a name of CelebA's, which run from 000001.jpg to {COUNT}.jpg")
        if transfer.checksum(whole) == OFFICIAL[ARCHIVE][1]:
            console.log(f"{ARCHIVE}: the authors' own file, by its md5")
            return
        sample = there[:: -(-len(there) // SAMPLE)]
        for name in sample:
            picture = f"{pictures.path}: {PurePosixPath(name).name}"
            try:
                height, width = decode.rgb(pictures.read(name)).shape[:2]
            except ValueError as error:
                raise UserError(f"{picture} cannot be read: {error}") from None
            if (width, height) != (WIDTH, HEIGHT):
                raise UserError(
                    f"{picture} has {width}x{height} pixels; CelebA's aligned pictures have {WIDTH}x{HEIGHT}. Files of another size are"
                    " your own pictures: -S dataset=own -S datasets.own.source=..., and datasets.own.box to crop them (docs/data.md)"
                )
    console.log(f"{ARCHIVE}: repacked (another md5); verified {len(table):,} pictures, their names, and the size of {len(sample)}")
