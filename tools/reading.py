"""Makes docs/reading/*.png, curves and sheets of runs that went well and wrong, and the list of figures in docs/reading-a-run.md.

`python -m tools.reading` writes the list; with names of RUNS it makes their pictures first, on the prepared drawn faces: minutes each.
Pictures need matplotlib, which nothing else here does (`pip install matplotlib`).
"""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from ruamel.yaml import YAML

from ganlib import params
from ganlib.core.images import GAP
from ganlib.core.tables import read_csv
from ganlib.data.faces import Faces
from ganlib.page.glossary import ENDS, PROTOCOL, SCORES, SHARES, TRAINING, Entry
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from ganlib.training import loop

PAGE, FOLDER = Path("docs/reading-a-run.md"), Path("docs/reading")
REPORT, STEPS = "dcgan64", 1000
RUNS: dict[str, dict[str, float]] = {
    "healthy": {},
    "d-wins": {"reports.dcgan64.lr_d": 0.001},
    "saturated": {"reports.dcgan64.lr_g": 0.000001},
    "collapsed": {"reports.dcgan64.lr_g": 0.5},
    "diverged": {"reports.dcgan64.lr_d": 100},
}
"""Each a setting that brings it about, beside the number of steps."""

SHOWN = 4  # rows and columns of a sheet


def command(name: str) -> str:
    """What brings a run about."""
    settings = {"reports.dcgan64.preview.max_steps": STEPS, **RUNS[name]}
    return f"dvc exp run train@{REPORT} " + " ".join(f"-S {key}={value:g}" for key, value in settings.items())


def train(name: str, folder: Path) -> Path:
    """Do what `command` does; returns where the log and the sheets are: where a run is ended by NaN, beside its checkpoints."""
    values = YAML(typ="safe").load(Path("params.yaml"))
    for key, value in {"reports.dcgan64.preview.max_steps": STEPS, **RUNS[name]}.items():
        *blocks, last = key.split(".")
        place = values
        for block in blocks:
            place = place[block]
        place[last] = value
    YAML().dump(values, folder / "params.yaml")
    settings = params.load(folder / "params.yaml")
    report, outputs = settings.report(REPORT), Outputs.below(folder)
    faces = Faces.open(paths.faces(report.crop), settings.data.split)
    try:
        loop.train(REPORT, report, faces, outputs, folder / "checkpoints", seed=settings.seed, log_every=settings.log_every)
    except UserError as error:
        print(error)  # noqa: T201 (a part of the page)
        return next((folder / "checkpoints").glob("*/progress"))
    return outputs.progress


def draw(progress: Path, size: int, path: Path) -> None:
    """The losses, D's accuracy and the diversity of a run beside the last of its sheets."""
    from matplotlib.figure import Figure

    rows = read_csv(progress / "log.csv")
    steps = [int(row["step"]) for row in rows]
    figure = Figure(figsize=(10, 3), layout="constrained")
    losses, shares, sheet = figure.subplots(1, 3)
    for axes, columns in ((losses, ("d_loss", "g_loss")), (shares, ("d_accuracy", "fooled", "diversity"))):
        for column in columns:
            axes.plot(steps, [float(row[column]) for row in rows], label=column, linewidth=1)
        axes.set(xlabel="step")
        axes.legend(fontsize="small")
    shares.set_ylim(-0.02, max([1.02, *(float(row["diversity"]) for row in rows)]))
    sheet.axis("off")
    if samples := sorted((progress / "samples").glob("*.png")):
        corner = SHOWN * (size + GAP) + GAP
        with Image.open(samples[-1]) as whole:
            sheet.imshow(whole.crop((0, 0, corner, corner)))
    picture = io.BytesIO()
    figure.savefig(picture, dpi=100)
    Image.open(picture).convert("RGB").quantize(256).save(path, optimize=True)


def figures() -> str:
    """Every column and key with its words, as a table."""
    families = (
        {f"<score>_{end}": Entry("", words) for end, words in ENDS.items()}
        | {f"<group>_{name}": SCORES[name] for name in ("obeyed", "unasked", "excess", "accuracy", "judged")}
        | {f"share_<attribute>{end}": term for end, term in SHARES.items()}
    )
    scores = {key: term for key, term in SCORES.items() if f"<group>_{key}" not in families} | families
    parts = (
        ("of log.csv, and with its end of the metrics and details", TRAINING),
        ("of an evaluation", scores),
        ("how it was scored", PROTOCOL),
    )
    return "\n".join(f"\n| {title} | |\n|---|---|\n" + "\n".join(map(_row, terms.items())) for title, terms in parts) + "\n"


def _row(entry: tuple[str, Entry]) -> str:
    key, term = entry
    ends = "".join(f" {value}: {words}." for value, words in (("0", term.zero), ("1", term.one)) if words)
    return f"| `{key}` | {term.text}.{ends} |"


def with_figures(page: str) -> str:
    """The page with its list made anew."""
    return re.sub(r"(?<=\n## Every figure\n).*", lambda _: figures(), page, flags=re.DOTALL)


def main(arguments: list[str]) -> None:
    """Train and draw the runs that are named, and write the list."""
    for name in arguments:
        with tempfile.TemporaryDirectory() as folder:
            draw(train(name, Path(folder)), params.load().report(REPORT).size, FOLDER / f"{name}.png")
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
