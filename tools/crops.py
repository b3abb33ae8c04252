"""Draws docs/crops.png: the crops of params.yaml as boxes on a drawn face, and the four resulting pictures."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from ganlib import params
from ganlib.data.resize import squares
from ganlib.fetch import toons

SCALE = 3
COLOURS = {"squashed112": "#d62728", "wide64": "#1f77b4", "tight64": "#2ca02c", "tight56": "#9467bd"}
COLUMN, ROW = 130, 135
FACE = 7  # number of the drawn face


def main() -> None:
    """Draw the boxes and, at the same scale, the four crops with their names."""
    crops = params.load().crops
    _, jpeg = toons.face(0, True, FACE)
    face = Image.open(BytesIO(jpeg))
    page = Image.new("RGB", (SCALE * (face.width + 2 * COLUMN), SCALE * face.height), "white")
    page.paste(face.resize((SCALE * face.width, SCALE * face.height), Image.Resampling.LANCZOS))
    draw = ImageDraw.Draw(page)
    pixels = np.asarray(face.convert("RGB"))
    for place, (name, crop) in enumerate(crops.items()):
        edges = crop.edges(*face.size)
        draw.rectangle([SCALE * edge for edge in edges[:2]] + [SCALE * edge - 1 for edge in edges[2:]], outline=COLOURS[name], width=4)
        left, top = SCALE * (face.width + 10 + COLUMN * (place % 2)), 10 + SCALE * ROW * (place // 2)
        draw.text((left, top), f"{name}: {crop.size}x{crop.size}", fill=COLOURS[name], font_size=26)
        made = Image.fromarray(next(squares([pixels], crop, crop.size))[0])
        page.paste(made.resize((SCALE * crop.size, SCALE * crop.size), Image.Resampling.NEAREST), (left, top + 40))
    page.save("docs/crops.png")


if __name__ == "__main__":
    main()
