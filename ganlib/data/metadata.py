"""Separates pixels from metadata, which must not decide whether the pixels can be read: cameras and editors write odd EXIF."""

import re
import struct
from collections.abc import Iterator

EXIF, XMP, XMP_ORIENTATION = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"tiff:Orientation"
HEADERS = (b"II*\0", b"MM\0*", b"MM*\0", b"II\0*")  # the last two are wrong, but clear
ORIENTATION = 0x0112
NUMBERS = {3: "H", 4: "L", 5: "LL", 6: "b", 8: "h", 9: "l"}  # TIFF 6.0's types; 5 is a fraction

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
JPEG_METADATA = {*range(0xE1, 0xEE), 0xEF, 0xFE}  # application segments except JFIF's and Adobe's, which tell the colour space; comments
PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def pixels_only(data: bytes) -> bytes:
    """A JPEG or PNG without its metadata; other data, and damaged parts, as they are."""
    return b"".join(part for part, is_pixels in _parts(data) if is_pixels)


def orientation(data: bytes) -> int:
    """How a JPEG or PNG is stored, 1 to 8 (EXIF 2.32, table 6); 1 if it does not say so legibly."""
    metadata = [part for part, is_pixels in _parts(data) if not is_pixels]
    skip = 4 if data.startswith(JPEG) else 8
    exif = b"".join(part[skip:] for part in metadata if part[skip:].startswith(EXIF) or part[4:8] == b"eXIf")
    return of_exif(exif, b"".join(part for part in metadata if XMP in part or b"XML:com.adobe.xmp" in part))


def of_exif(exif: bytes, xmp: bytes = b"") -> int:
    """The orientation in a block of EXIF, or else of XMP."""
    while exif.startswith(EXIF):
        exif = exif.removeprefix(EXIF)
    order, found = ">" if exif.startswith(b"MM") else "<", None
    try:
        if exif[:4] not in HEADERS:
            raise struct.error
        (start,) = struct.unpack_from(f"{order}L", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, length = struct.unpack_from(f"{order}HHL", exif, entry)
            if tag == ORIENTATION and kind in NUMBERS:
                layout = order + NUMBERS[kind]
                inline = length * struct.calcsize(layout) <= 4
                place = entry + 8 if inline else struct.unpack_from(f"{order}L", exif, entry + 8)[0]
                value, *divisor = struct.unpack_from(layout, exif, place)
                found = value / divisor[0] if divisor and divisor[0] else value
    except struct.error:  # it ends too early
        pass
    if found is None and (described := re.search(XMP_ORIENTATION + rb'(?:="|>)([0-9])', xmp)):
        found = int(described[1])
    return int(found) if found and found in range(1, 9) else 1


def _parts(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The segments of a JPEG before its pixels or the chunks of a PNG, and whether they concern pixels."""
    place = 0
    if data.startswith(JPEG):
        yield data[:2], True
        place = 2
        while (marker := data.find(b"\xff", place)) >= 0 and data[marker + 1 : marker + 2] != b"\xda" and len(data) >= marker + 4:
            kind = data[marker + 1]
            if kind < 0xC0 or kind == 0xFF:  # filling or stray bytes
                place = marker + 1
                continue
            place = marker + 2 + int.from_bytes(data[marker + 2 : marker + 4], "big")
            yield data[marker:place], kind not in JPEG_METADATA
        place = max(marker, place)
    elif data.startswith(PNG):
        yield data[:8], True
        place = 8
        while len(data) >= place + 12:
            end = place + 12 + int.from_bytes(data[place : place + 4], "big")
            yield data[place:end], data[place + 4 : place + 8] in PNG_PIXELS
            place = end
    yield data[place:], True
