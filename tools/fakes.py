"""Draws docs/fakes.png: fakes of each report from the last sheet of its run at scale `evening`, docs/evening/<report>.png."""

from PIL import Image, ImageDraw, ImageFont

from ganlib import params
from ganlib.core.images import GAP

COLUMNS = 3  # sheets side by side
SHOWN = 4  # rows and columns of each sheet
EDGE, BETWEEN, TITLE = 276, 12, 24  # pixels


def main() -> None:
    """Draw a corner of each report's sheet, resized to the same size."""
    reports = params.load().reports
    rows = -(-len(reports) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (EDGE + BETWEEN) - BETWEEN, rows * (TITLE + EDGE + BETWEEN) - BETWEEN), "white")
    draw = ImageDraw.Draw(page)
    for place, (name, report) in enumerate(reports.items()):
        left, top = place % COLUMNS * (EDGE + BETWEEN), place // COLUMNS * (TITLE + EDGE + BETWEEN)
        corner = SHOWN * (report.size + GAP) + GAP
        with Image.open(f"docs/evening/{name}.png") as sheet:
            shown = sheet.convert("RGB").crop((0, 0, corner, corner)).resize((EDGE, EDGE), Image.Resampling.LANCZOS)
        page.paste(shown, (left, top + TITLE))
        draw.text((left + 2, top + 2), name, fill="black", font=ImageFont.load_default(16))
    page.quantize(256).save("docs/fakes.png", optimize=True)


if __name__ == "__main__":
    main()
