"""Your own pictures: any folder or zip of them, and an optional table of what each shows."""

from pathlib import Path, PurePosixPath

from ganlib.data import archive
from ganlib.data.folder import ARCHIVE, SUFFIXES, TABLE, picture_names
from ganlib.fetch import copies, transfer
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.support.files import replacing


def fetch(dataset: str, source: str | None, raw: Path) -> None:
    """Bring the pictures of `source`, a folder or a zip or a zip's URL, into `raw` as one zip, and its table if there is one.

    A folder's pictures keep their paths within it. The table is `attributes.csv` in the folder, in the zip or beside the zip.
    """
    key = f"params.yaml: datasets.{dataset}.source"
    if source is None:
        raise UserError(f"{key}: blank; name the folder or zip of your pictures with -S datasets.{dataset}.source=...")
    place = paths.home() / source
    if "://" in source:
        place = paths.incoming(source) / PurePosixPath(source).name
        transfer.download(source, place, paths.downloads(source))
    if place.is_dir():
        found = {str(path.relative_to(place).as_posix()): path for path in sorted(place.rglob("*")) if path.is_file()}
        pictures = {name: found[name] for name in picture_names(found)}
        table = place / TABLE
    elif place.is_file():
        with archive.open_archive(place) as whole:
            pictures = picture_names(whole.entries)
        table = place.with_name(TABLE)
    else:
        raise UserError(f"{key}: {place} is no folder and no file; it is taken from {paths.home()}")
    if not pictures:
        raise UserError(f"{key}: {place} holds no picture ({', '.join(SUFFIXES)})")
    with replacing(raw / ARCHIVE) as target:
        archive.pack(pictures, target) if place.is_dir() else copies.take(place, target)
    if table.is_file():
        with replacing(raw / TABLE) as target:
            copies.copy(table, target)
