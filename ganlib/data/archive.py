"""A zip of pictures, read in place: nothing is unpacked, so that no entry can write anywhere."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ganlib.support import disk, progress
from ganlib.support.errors import UserError

LIMIT = 64 * 2**20  # bytes of one entry; no picture or table comes near
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature ... length of the name, length of the extra field: .ZIP APPNOTE 6.3.10, 4.3.7


class Entry(NamedTuple):
    """What the zip's directory says of one file: where it begins, its bytes in the zip and unpacked, its checksum, its compression."""

    offset: int
    packed: int
    size: int
    crc: int
    method: int


class Archive:
    """The files of a zip by their names, in the zip's order: `entries` and `read`, which many threads may call at once.

    An entry that points outside, is a symbolic link, is encrypted or claims more than LIMIT bytes makes the whole archive a UserError
    that names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            with zipfile.ZipFile(self._file) as directory:
                self.entries = {entry.filename: _checked(path, entry) for entry in directory.infolist() if not entry.is_dir()}
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, OSError) as error:
            self._file.close()
            raise UserError(f"{path}: is no whole zip: {error}") from None
        except UserError:
            self._file.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def read(self, name: str) -> bytes:
        """The bytes of one file; a ValueError says what is wrong with it."""
        entry = self.entries[name]
        signature, name_length, extra_length = LOCAL_HEADER.unpack(os.pread(self._file.fileno(), 30, entry.offset).ljust(30, b"\0"))
        if signature != b"PK\3\4":
            raise ValueError("the zip is damaged: its directory points at no entry")
        data = os.pread(self._file.fileno(), entry.packed, entry.offset + 30 + name_length + extra_length)
        if entry.method == zipfile.ZIP_DEFLATED:
            try:  # never more than one byte beyond what the directory states, however much would come
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, entry.size + 1)
            except zlib.error as error:
                raise ValueError(f"the zip is damaged: {error}") from None
        if len(data) != entry.size:
            raise ValueError(f"unpacks to {'more' if len(data) > entry.size else 'fewer'} than the {entry.size} bytes that the zip states")
        if zlib.crc32(data) != entry.crc:
            raise ValueError("the zip is damaged: wrong checksum")
        return data


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive at `path` for as long as the block lasts."""
    archive = Archive(path)
    try:
        yield archive
    finally:
        archive.close()


def pack(pictures: Mapping[str, Path], target: Path) -> None:
    """A zip of the files under the names given, not compressed further; equal files give equal bytes."""
    with disk.writing(target.parent, sum(path.stat().st_size for path in pictures.values())), zipfile.ZipFile(target, "w") as whole:
        for name, path in progress.bar(pictures.items(), desc=f"packing {target.name}", unit="picture"):
            whole.writestr(zipfile.ZipInfo(name), path.read_bytes())


def _checked(path: Path, entry: zipfile.ZipInfo) -> Entry:
    parts = entry.filename.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or ":" in parts[0]:
        problem = "points outside the archive"
    elif stat.S_ISLNK(entry.external_attr >> 16):
        problem = "is a symbolic link"
    elif entry.flag_bits & 1:
        problem = "is encrypted"
    elif max(entry.file_size, entry.compress_size) > LIMIT:
        problem = f"claims {max(entry.file_size, entry.compress_size):,} bytes, and {LIMIT:,} are the limit"
    elif entry.compress_type not in READABLE:
        problem = f"is compressed by method {entry.compress_type}, and only stored and deflated entries are read"
    else:
        return Entry(entry.header_offset, entry.compress_size, entry.file_size, entry.CRC, entry.compress_type)
    raise UserError(f"{path}: refused: the entry {entry.filename!r} {problem}; pack the pictures again without it")
