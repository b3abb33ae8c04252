"""`ganlib handin`: one run as a zip, with a page that prints to PDF and the files beside it."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ganlib.compare import pairs
from ganlib.compare.document import section
from ganlib.core.tables import write_json
from ganlib.handin import document, pictures, record
from ganlib.page import strips
from ganlib.support import checks, console, paths
from ganlib.support.files import replacing
from ganlib.use.export.licence import restrictions
from ganlib.use.runs import Run
from ganlib.use.sampling import Sampler


def write(run: Run, target: Path, *, notes: str, with_photographs: bool, since: str | None, before: str | None = None) -> list[str]:
    """Write the zip and return what its user must know before handing it in. Its bytes depend on the run, the options and the day.

    `notes` is Markdown. `before` names a run that is shown beside this one. Training pictures that are, or may be, photographs of CelebA
    are left out unless `with_photographs` is set.
    """
    parts = console.bar(total=4, desc=f"hand-in of {run.name}", unit="part", leave=False)
    with tempfile.TemporaryDirectory() as temporary, parts:
        folder = Path(temporary)
        pair = pairs.of(run, before) if before else None
        found = {**record.collect(run, since), "pair": section(pair) if pair else None}
        parts.update()
        sheets = [*pictures.write(Sampler(run), folder)]
        parts.update()
        missing = _nearest(run, found, folder / "nearest.png", with_photographs)
        if not missing:
            sheets.append(folder / "nearest.png")
        _copy(run, found, notes, folder)
        rows = [f"{group} {value}" for group, value in pictures.conditions(run.condition_values)]
        shown = {path.stem: strips.strip(path, run.settings.size) for path in sheets}
        (folder / "index.html").write_text(document.page(found, shown, rows, notes, missing, date.today()), encoding="utf-8")
        parts.update()
        with replacing(target) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.writestr(_entry(f"{target.stem}/{path.name}"), path.read_bytes(), ZIP_DEFLATED)
        parts.update()
    return [*_remarks(found, missing)]


def _remarks(found: Mapping[str, Any], missing: str) -> Iterator[str]:
    if missing:
        yield f"no nearest training pictures: {missing}"
    if found["edited"]:
        yield f"{', '.join(found['edited'])}: changed in params.yaml since this training; `{found['command']}` trains again"
    for line in restrictions(found["known"]):
        yield line if missing else f"nearest.png shows photographs: keep the hand-in within your organisation. {line}"


def _nearest(run: Run, found: Mapping[str, Any], target: Path, with_photographs: bool) -> str:
    """Write the nearest training pictures to `target`, or return why there are none."""
    if not found["scores"]:
        return str(found["unscored"])
    if restrictions(found["known"]) and not with_photographs:
        return "they may be photographs of CelebA, whose terms forbid redistribution; --with-photographs includes them"
    closest = run.get(paths.scores(run.name) / "closest.png")
    if closest is None:
        return "the evaluation wrote none, as without held-out pictures"
    pictures.nearest(closest, run.settings.size, target)
    return ""


def _copy(run: Run, found: Mapping[str, Any], notes: str, folder: Path) -> None:
    """The files beside the page, besides the sheets."""
    outputs = paths.outputs(run.name)
    for path in (outputs.run / "config.yaml", outputs.progress / "log.csv", checks.FILE, found["lock"]):
        if file := run.get(path):
            shutil.copyfile(file, folder / path.name)
    if found["scores"]:
        write_json(found["scores"], folder / "scores.json")
    if found["changes"]:
        (folder / "changes.patch").write_bytes(found["changes"])
    if notes:
        (folder / "notes.md").write_text(notes, encoding="utf-8")


def _entry(name: str) -> ZipInfo:
    """An entry without a time, so that equal files give equal bytes."""
    entry = ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry
