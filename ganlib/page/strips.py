"""A run's sheets as the page shows them: WebP, without the white lines between the pictures, which the page's style draws."""

import base64
import io
from pathlib import Path

from PIL import Image

QUALITY = 62
MOST = 9  # sheets of one kind, which limits the page's size


def numbered(folder: Path) -> list[Path]:
    """The <step>.png of a folder by step: at most MOST, evenly chosen, the first and the last among them."""
    paths = sorted(folder.glob("*.png"))
    if len(paths) <= MOST:
        return paths
    return [paths[round(index * (len(paths) - 1) / (MOST - 1))] for index in range(MOST)]


def strip(path: Path, size: int) -> dict[str, str | int]:
    """A sheet of `size`-pixel pictures as a data URI with its numbers of `rows` and `columns`; equal sheets give equal bytes."""
    with Image.open(path) as sheet:
        columns, rows = (edge // size for edge in sheet.size)
        gap = (sheet.width - columns * size) // (columns + 1)
        joined = Image.new("RGB", (columns * size, rows * size))
        for row in range(rows):
            for column in range(columns):
                left, top = gap + column * (size + gap), gap + row * (size + gap)
                joined.paste(sheet.crop((left, top, left + size, top + size)), (column * size, row * size))
    data = io.BytesIO()
    joined.save(data, "WEBP", quality=QUALITY, method=4)
    return {"src": "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode(), "rows": rows, "columns": columns}
