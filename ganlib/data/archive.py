"""Read access to a zip of pictures. It is never extracted, so no entry can write anywhere."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ganlib.support import console, disk
from ganlib.support.errors import UserError

LIMIT = 64 * 2**20  # bytes of one entry, far more than any picture or table has
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
NESTED = "has {}, a zip in a zip: unpack the outer one and set its folder"

# What zipfile raises for damaged files.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, OverflowError, NotImplementedError)


class Archive:
    """The files of a zip: `entries` by their names, in the zip's order, and `read`, which several threads may call at once.

    Errors name a temporary file by `shown`, the file or URL that it comes from.
    Raises a UserError if the zip is damaged, or an entry points outside, is a symbolic link, is encrypted or claims more than LIMIT bytes.
    """

    def __init__(self, path: Path, shown: Path | str | None = None) -> None:
        shown = shown or path
        self.path = Path(shown)
        try:
            # Opened here and not by ZipFile, which would close it when its count of open entries, kept without a lock, went wrong.
            self._file = path.open("rb")
        except OSError as error:
            raise UserError(f"{shown}: {error.strerror}") from None
        try:
            self._zip = zipfile.ZipFile(self._file)
            for entry in self._zip.infolist():
                _check(shown, entry)
        except DAMAGE as error:
            self._file.close()
            raise UserError(f"{shown}: not a complete zip: {error}") from None
        except UserError:
            self._file.close()
            raise
        self.entries = {entry.filename: entry for entry in self._zip.infolist() if not entry.filename.endswith("/")}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def read(self, name: str) -> bytes:
        """The contents of one file. Raises a ValueError if it is damaged."""
        size = self.entries[name].file_size
        try:
            with self._zip.open(name) as file:
                data = file.read(size)  # with a limit: a damaged entry may expand to any size
        except DAMAGE as error:
            raise ValueError(f"the zip is damaged: {error}") from None
        if len(data) != size:
            raise ValueError(f"the zip is damaged: {len(data)} of {size} bytes")
        return data


def pack(pictures: Mapping[str, Path], target: Path) -> None:
    """Write files to a zip, uncompressed, under the names that are the keys; equal files give equal bytes."""
    with disk.writing(target.parent, sum(path.stat().st_size for path in pictures.values())), zipfile.ZipFile(target, "w") as whole:
        for name, path in console.bar(pictures.items(), desc=f"packing {target.name}", unit="picture"):
            whole.writestr(zipfile.ZipInfo(name), path.read_bytes())


def _check(path: Path | str, entry: zipfile.ZipInfo) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or re.match("[A-Za-z]:", parts[0]):
        problem = "points outside the archive"
    elif stat.S_ISLNK(entry.external_attr >> 16):
        problem = "is a symbolic link"
    elif entry.flag_bits & 1:
        problem = "is encrypted"
    elif (claimed := max(entry.file_size, entry.compress_size)) > LIMIT and parts[-1].lower().endswith(".zip"):
        raise UserError(f"{path}: {NESTED.format(entry.filename)}")
    elif claimed > LIMIT:
        problem = f"claims {claimed:,} bytes; the limit is {LIMIT:,}"
    elif entry.compress_type not in READABLE:
        problem = f"uses compression method {entry.compress_type}; only stored and deflated entries can be read"
    else:
        return
    raise UserError(f"{path}: refused: the entry {entry.filename!r} {problem}; pack the pictures again without it")
