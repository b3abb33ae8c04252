"""The page of two runs side by side: HTML that needs no network and prints on A4."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jinja2 import FileSystemLoader

from ganlib.compare import pairs, record
from ganlib.compare.pairs import Pair
from ganlib.core.images import save_sheet
from ganlib.page import document, strips
from ganlib.support.files import replacing
from ganlib.use.sampling import Sampler

FOLDER = Path(__file__).parent
ENVIRONMENT = document.ENVIRONMENT.overlay(loader=FileSystemLoader([FOLDER, document.FOLDER]))
SEEDS, COLUMNS = range(1, 33), 8


def write(before: str, after: str, target: Path) -> list[str]:
    """Write the page of `before` and `after` and return what it says of each report."""
    found = [section(pair) for pair in pairs.find(before, after)]
    html = ENVIRONMENT.get_template("compare.html.jinja").render(style=style(), names=(before, after), pairs=found)
    with replacing(target) as file:
        file.write_text(html, encoding="utf-8")
    return [f"{of['name']}: {of['said']}" for of in found]


def style() -> str:
    """The style of the page of results, and how it prints on A4."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (document.FOLDER / "style.css", FOLDER / "print.css"))


def section(pair: Pair) -> dict[str, Any]:
    """What the template shows of a pair: `record.collect`, and both `sheets` of the seeds SEEDS."""
    return {**record.collect(pair), "sheets": [_sheet(Sampler(run)) for run in (pair.before, pair.after)]}


def _sheet(sampler: Sampler, seeds: Sequence[int] = SEEDS) -> dict[str, str | int]:
    with tempfile.TemporaryDirectory() as folder:
        save_sheet(torch.from_numpy(sampler.sample(seeds)), COLUMNS, path := Path(folder, "sheet.png"))
        return strips.strip(path, sampler.settings.size)
