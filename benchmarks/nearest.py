"""How near the fakes on a committed sheet are to the photographs of the training: `python -m benchmarks.nearest dcgan64 ...`.

The distance between two pictures is the root mean square difference of their values, 0 to 255, at 16x16 pixels. The smallest and the
median distance to the nearest training photograph are given for the fakes and, for comparison, for the held-out photographs. Needs the
cropped faces of the sheet's training data (`dvc repro`, with the data set that params.yaml selects).
"""

from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from benchmarks.seeds import EVENING
from ganlib import params
from ganlib.data.faces import Faces
from ganlib.fidelity.memorisation import thumbnails
from ganlib.fidelity.pairs import nearest
from ganlib.support import paths
from ganlib.support.command import run

GAP = 2  # pixels around each picture of a sheet


def main(sheets: Annotated[list[str], typer.Argument(help="Their names: that of a report, or dcgan64-wide.")]) -> None:
    """Print a table row for each sheet."""
    settings = params.load()
    for name in sheets:
        report = settings.report(name.partition("-")[0])
        trained, held_out = (thumbnails([of[np.arange(len(of))]]) for of in Faces.divide(paths.faces(report.crop), settings.data.split))
        sheet, shown = thumbnails([tiles(name, report.size)]), []
        for side in (sheet, held_out):
            distances = nearest(side, trained)[0][:, 0] / np.sqrt(side.shape[1])
            shown.append(f"{distances.min():.1f} | {np.median(distances):.1f}")
        typer.echo(f"| `{name}` | {len(sheet)} | {' | '.join(shown)} |")


def tiles(name: str, size: int) -> NDArray[np.uint8]:
    """The pictures of a sheet, (N, 3, size, size)."""
    sheet = np.asarray(Image.open(EVENING[params.load().dataset] / f"{name}.png").convert("RGB"))
    starts = [range(GAP, length - size, size + GAP) for length in sheet.shape[:2]]
    cut = [sheet[row : row + size, column : column + size] for row in starts[0] for column in starts[1]]
    return np.stack(cut).transpose(0, 3, 1, 2)


if __name__ == "__main__":
    run(main)
