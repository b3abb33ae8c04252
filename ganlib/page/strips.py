"""A run's sheets as the page shows them: WebP, without the white lines between the pictures, which the page's style draws."""

import base64
import io
from pathlib import Path

from PIL import Image

QUALITY = 62
PAIRS = 5
MOST = 9  # sheets of one kind, which limits the page's size


def numbered(folder: Path) -> list[Path]:
    """The <step>.png of a folder by step: at most MOST, evenly chosen, the first and the last among them."""
    paths = sorted(folder.glob("*.png"))
    if len(paths) <= MOST:
        return paths
    return [paths[round(index * (len(paths) - 1) / (MOST - 1))] for index in range(MOST)]


def strip(path: Path, size: int) -> dict[str, str | int]:
    """A sheet of `size`-pixel pictures as a data URI with its numbers of `rows` and `columns`; equal sheets give equal bytes."""
    return _encoded(_pictures(path, size))


def pairs(path: Path, size: int) -> dict[str, str | int]:
    """The first PAIRS columns, of a sheet of two rows, whose lower pictures differ: fakes above the training pictures nearest to them."""
    fakes, originals = _pictures(path, size)
    different: dict[bytes, tuple[Image.Image, Image.Image]] = {}
    for fake, original in zip(fakes, originals, strict=True):
        different.setdefault(original.tobytes(), (fake, original))
    shown = list(different.values())[:PAIRS]
    return _encoded([list(row) for row in zip(*shown, strict=True)])


def _pictures(path: Path, size: int) -> list[list[Image.Image]]:
    """The pictures of a sheet, by rows."""
    with Image.open(path) as file:
        sheet = file.convert("RGB")
    columns, rows = (edge // size for edge in sheet.size)
    gap = (sheet.width - columns * size) // (columns + 1)

    def crop(row: int, column: int) -> Image.Image:
        left, top = gap + column * (size + gap), gap + row * (size + gap)
        return sheet.crop((left, top, left + size, top + size))

    return [[crop(row, column) for column in range(columns)] for row in range(rows)]


def _encoded(pictures: list[list[Image.Image]]) -> dict[str, str | int]:
    rows, columns, size = len(pictures), len(pictures[0]), pictures[0][0].width
    joined = Image.new("RGB", (columns * size, rows * size))
    for row, line in enumerate(pictures):
        for column, picture in enumerate(line):
            joined.paste(picture, (column * size, row * size))
    data = io.BytesIO()
    joined.save(data, "WEBP", quality=QUALITY, method=4)
    return {"src": "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode(), "rows": rows, "columns": columns}
