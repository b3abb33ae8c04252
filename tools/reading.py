"""Renders docs/reading-a-run.md's list of metrics and, for the RUNS named as arguments, trains them and draws docs/reading/<run>.png.

    python -m tools.reading
    python -m tools.reading healthy collapsed

A run takes minutes, and needs the prepared drawn faces (`dvc repro prepare`).
"""

import re
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ganlib import params
from ganlib.core.images import GAP
from ganlib.core.tables import read_columns, read_yaml, write_yaml
from ganlib.data.faces import Faces
from ganlib.page.charts import downsample, ticks
from ganlib.page.glossary import ENDS, PROTOCOL, RATE, SCORES, SHARES, TRAINING, Entry
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
"""The settings, besides the number of steps, that cause each behaviour."""

SHOWN = 4  # rows and columns of a sheet
EDGE, MARGIN = 300, 48  # pixels
COLOURS = ("#1f77b4", "#d95f02", "#2ca02c")
WIDTH = 120  # of a line of the page


def command(name: str) -> str:
    """The command that reproduces a run."""
    settings = {"reports.dcgan64.preview.max_steps": STEPS, **RUNS[name]}
    return f"dvc exp run train@{REPORT} " + " ".join(f"-S {key}={value:g}" for key, value in settings.items())


def train(name: str, folder: Path) -> Path:
    """Train as `command` does; returns the folder of the log and the sheets, which for a run ended by NaN is with its checkpoints."""
    values = read_yaml(Path("params.yaml"))
    for key, value in {"reports.dcgan64.preview.max_steps": STEPS, **RUNS[name]}.items():
        *blocks, last = key.split(".")
        block = values
        for part in blocks:
            block = block[part]
        block[last] = value
    write_yaml(values, folder / "params.yaml")
    settings = params.load(folder / "params.yaml")
    report, outputs = settings.report(REPORT), Outputs.below(folder)
    faces = Faces.open(paths.faces(report.crop), settings.data.split)
    try:
        loop.train(REPORT, report, faces, outputs, folder / "checkpoints", seed=settings.seed, log_every=settings.log_every)
    except UserError as error:
        print(error)  # noqa: T201 (the page quotes it)
        return next((folder / "checkpoints").glob("*/progress"))
    return outputs.progress


def draw(progress: Path, size: int, path: Path) -> None:
    """Draw a run's losses, then its D's accuracy and diversity, then a corner of its last sheet of `size`-pixel pictures."""
    log = read_columns(progress / "log.csv")
    page = Image.new("RGB", (3 * EDGE, EDGE), "white")
    page.paste(_plot(log, ("d_loss", "g_loss")), (0, 0))
    page.paste(_plot(log, ("d_accuracy", "fooled", "diversity")), (EDGE, 0))
    if samples := sorted((progress / "samples").glob("*.png")):
        corner = SHOWN * (size + GAP) + GAP
        with Image.open(samples[-1]) as sheet:
            page.paste(sheet.convert("RGB").crop((0, 0, corner, corner)).resize((EDGE, EDGE), Image.Resampling.LANCZOS), (2 * EDGE, 0))
    page.quantize(256).save(path, optimize=True)


def _plot(log: dict[str, list[float]], names: tuple[str, ...]) -> Image.Image:
    """A line chart of columns over steps, drawn at twice its size and shrunk to smooth its lines."""
    edge, margin = 2 * EDGE, 2 * MARGIN
    plot = Image.new("RGB", (edge, edge), "white")
    pen, font, steps = ImageDraw.Draw(plot), ImageFont.load_default(22), log["step"]
    marks = ticks(min(0.0, *(min(log[name]) for name in names)), max(max(log[name]) for name in names))

    def at(step: float, value: float) -> tuple[float, float]:
        share = (value - marks[0]) / (marks[-1] - marks[0])
        return margin + (edge - 1.5 * margin) * step / steps[-1], edge - margin - (edge - 2 * margin) * share

    for mark in marks:
        pen.line([at(0, mark), at(steps[-1], mark)], "#dddddd", 2)
        pen.text((margin - 8, at(0, mark)[1]), f"{mark:.3g}", "black", font, "rm")
    pen.text(at(steps[-1], marks[0]), f"\nstep {steps[-1]:.0f}", "black", font, "ra")
    for place, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
        pen.line([at(*point) for point in downsample(list(zip(steps, log[name], strict=True)))], colour, 3)
        pen.text((margin + place * 150, margin / 2), name, colour, font, "lm")
    return plot.resize((EDGE, EDGE), Image.Resampling.LANCZOS)


def metrics() -> str:
    """Every column and key with its explanation, as Markdown lists."""
    families = (
        {f"<score>_{end}": Entry("", words) for end, words in ENDS.items()}
        | {f"<group>_{name}": SCORES[name] for name in ("hit_rate", "false_alarm_rate", "lift", "accuracy", "judged")}
        | {f"share_<attribute>{end}": entry for end, entry in SHARES.items()}
    )
    scores = {key: entry for key, entry in SCORES.items() if f"<group>_{key}" not in families} | families
    columns = TRAINING | {f"{RATE}<net>": Entry("", "learning rate of the net")}
    parts = (
        ("Columns of `log.csv`; metrics hold the last values of counts and rates, else means of the last tenth of the rows", columns),
        ("Metrics of an evaluation", scores),
        ("How the evaluation was done", PROTOCOL),
    )
    return "\n".join(f"\n{title}:\n\n" + "\n".join(map(_item, entries.items())) for title, entries in parts) + "\n"


def _item(named: tuple[str, Entry]) -> str:
    key, entry = named
    ends = "".join(f" {value} means: {words}." for value, words in (("0", entry.zero), ("1", entry.one)) if words)
    words, lines = f"- `{key}`: {entry.text}.{ends}".split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) >= WIDTH:
            lines.append(" ")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(lines)


def with_metrics(page: str) -> str:
    """The page with its list of metrics rendered from the glossary."""
    return re.sub(r"(?<=\n## Every metric\n).*", lambda _: metrics(), page, flags=re.DOTALL)


def main(arguments: list[str]) -> None:
    """Train and draw the named runs, and render the list."""
    for name in arguments:
        with tempfile.TemporaryDirectory() as folder:
            draw(train(name, Path(folder)), params.load().report(REPORT).size, FOLDER / f"{name}.png")
    PAGE.write_text(with_metrics(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
