"""CelebA's tables in the format of the authors, from other formats that people have."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from itertools import chain
from pathlib import Path, PurePosixPath

from ganlib.data.celeba import ATTRIBUTE_TABLE, ATTRIBUTES, SPLIT_TABLE, SUFFIXES
from ganlib.support.errors import UserError

# Other spellings of the values, in lower case and without ".0".
VALUES = {
    ATTRIBUTE_TABLE: {"0": "-1", "false": "-1", "true": "1"},
    SPLIT_TABLE: {"train": "0", "valid": "1", "validation": "1", "val": "1", "test": "2"},
}


def official(name: str, text: bytes, source: Path | str) -> bytes:
    """The table `name` in the official format.

    `text` has that format, or is a CSV in UTF-8 or UTF-16 with any separator, more columns, and 0, 1 or words as values. Raises a
    UserError that names `source`, where the table comes from.
    """
    start = r"\d+\s+" + r"\s+".join(ATTRIBUTES) + r"\s+" if name == ATTRIBUTE_TABLE else ""
    if re.match(rf"{start}\S+\.jpg\s+-?[012]\s".encode(), text):
        return text
    rows = _rows(text, source)
    first = next(rows, [])
    if len(first) == 1:  # the number of pictures
        first = next(rows, [])
    header, first = ([], first) if any(map(is_picture, first)) else (first, next(rows, []))
    header = [""] * (len(first) - len(header)) + header
    file = next((column for column, value in enumerate(first) if is_picture(value)), None)
    if file is None:
        raise UserError(f"{source}: not CelebA's table: its first row does not name a picture, such as 000001.jpg")
    wanted = ATTRIBUTES if name == ATTRIBUTE_TABLE else ("partition",) if "partition" in header else (header[-1],)
    if absent := next((column for column in wanted if column not in header), None):
        raise UserError(f"{source}: not CelebA's table: it has no column {absent}, one of the {len(ATTRIBUTES)} attributes")
    columns = [len(header) - 1 - header[::-1].index(column) for column in wanted]
    lines = []
    for row in chain([first], rows):
        if len(row) != len(header):
            raise UserError(f"{source}: not CelebA's table: the row {' '.join(row)[:20]!r} has {len(row)} values instead of {len(header)}")
        picture = f"{PurePosixPath(row[file]).stem}.jpg"
        values = (row[column].lower().removesuffix(".0") for column in columns)
        lines.append(" ".join([picture, *(VALUES[name].get(value, value) for value in values)]))
    top = [str(len(lines)), " ".join(ATTRIBUTES)] if name == ATTRIBUTE_TABLE else []
    return "\n".join([*top, *lines, ""]).encode()


def _rows(text: bytes, source: Path | str) -> Iterator[list[str]]:
    """The rows that are not blank, as text."""
    try:
        lines = text.decode("utf-16" if text.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{source}: not CelebA's table: neither UTF-8 nor UTF-16") from None
    mark = next((mark for mark in ",;\t" if lines and mark in lines[-1]), None)
    return filter(None, csv.reader(lines, delimiter=mark, skipinitialspace=True) if mark else (line.split() for line in lines))


def is_picture(value: str) -> bool:
    """Whether this is the name of a JPEG or PNG."""
    return value.lower().endswith(tuple(f".{suffix}" for suffix in SUFFIXES))
