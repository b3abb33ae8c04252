"""Draws docs/fakes.png: some fakes of each report, out of the last sheet of its evening's run (`python -m docs.fakes`)."""

from PIL import Image, ImageDraw

from ganlib import params
from ganlib.pictures import GAP

SHOWN = 4  # rows and columns of each sheet
EDGE, BETWEEN, TITLE = 200, 8, 18  # pixels


def main() -> None:
    """The reports side by side at one height."""
    reports = params.load().reports
    page = Image.new("RGB", (len(reports) * (EDGE + BETWEEN) - BETWEEN, TITLE + EDGE), "white")
    draw = ImageDraw.Draw(page)
    for place, (name, report) in enumerate(reports.items()):
        corner = SHOWN * (report.size + GAP) + GAP
        with Image.open(f"docs/evening/{name}.png") as sheet:
            page.paste(
                sheet.convert("RGB").crop((0, 0, corner, corner)).resize((EDGE, EDGE), Image.Resampling.LANCZOS),
                (place * (EDGE + BETWEEN), TITLE),
            )
        draw.text((place * (EDGE + BETWEEN) + 4, 3), name, fill="black")
    page.quantize(256).save("docs/fakes.png", optimize=True)


if __name__ == "__main__":
    main()
