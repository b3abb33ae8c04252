"""The user's own pictures: a folder or a zip, and an optional table of attributes."""

from pathlib import Path, PurePosixPath

from ganlib.data import archive
from ganlib.data.folder import ARCHIVE, SUFFIXES, TABLE, picture_names
from ganlib.fetch import copies, transfer
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.support.files import replacing


def fetch(dataset: str, source: str | None, raw: Path) -> None:
    """Store the pictures of `source` (a folder, a zip or the URL of a zip) in `raw` as one zip, with their table, if any.

    Pictures of a folder keep their relative paths. The table is `attributes.csv` in the folder, in the zip or beside the zip.
    """
    key = f"params.yaml: datasets.{dataset}.source"
    if source is None:
        raise UserError(f"{key}: blank; set the folder or zip of your pictures with -S datasets.{dataset}.source=...")
    place = paths.home() / source
    if "://" in source:
        place = paths.incoming(source) / PurePosixPath(source).name
        transfer.download(source, place, paths.downloads(source))
    if place.is_dir():
        files = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}
        names, table = picture_names(files), place / TABLE
    elif place.is_file():
        with archive.Archive(place) as whole:
            names, table = picture_names(whole.entries), place.with_name(TABLE)
    else:
        raise UserError(f"{key}: {place} does not exist; relative paths start from {paths.home()}")
    if not names:
        raise UserError(f"{key}: {place} has no pictures ({', '.join(SUFFIXES)})")
    with replacing(raw / ARCHIVE) as target:
        if place.is_dir():
            archive.pack({name: files[name] for name in names}, target)
        else:
            copies.link_or_copy(place, target)
    if table.is_file():
        with replacing(raw / TABLE) as target:
            copies.copy(table, target)
