"""The user's own pictures: a folder or a zip, and an optional table of attributes."""

from pathlib import Path, PurePosixPath

from ganlib.data import archive, folder
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
    place = paths.local(source)
    if place is None:
        place = paths.incoming(source) / (transfer.file_name(source, "zip") or ARCHIVE)
        transfer.download(source, place, paths.downloads(source))
    files: dict[str, Path] = {}
    if place.is_dir():
        files = folder.files(place)
        all_names, used, table = list(files), {TABLE}, place / TABLE
    elif place.is_file():
        with archive.Archive(place) as whole:
            all_names, table = list(whole.entries), place.with_name(TABLE)
        used = {name for name in all_names if PurePosixPath(name).name == TABLE}
    else:
        raise UserError(f"{key}: {place} does not exist; relative paths start from {paths.home()}")
    names = picture_names(all_names)
    if not names:
        raise UserError(f"{key}: {place} has no pictures ({', '.join(SUFFIXES)})")
    folder.log_left_out(place, {*all_names} - {*names} - used, SUFFIXES)
    if table.is_file():
        folder.columns(table.read_bytes(), names, table)  # a mistake in it is refused by the name of the user's file
    with replacing(raw / ARCHIVE) as target:
        if place.is_dir():
            archive.pack({name: files[name] for name in names}, target)
        else:
            copies.link_or_copy(place, target)
    (raw / TABLE).unlink(missing_ok=True)  # of another source
    if table.is_file():
        with replacing(raw / TABLE) as target:
            copies.copy(table, target)
