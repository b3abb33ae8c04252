"""What `ganlib repro` says when everything has run: the scores, where to look and how to go on."""

import os
from collections.abc import Iterator
from pathlib import Path

from ganlib.core.tables import read_columns, read_json
from ganlib.page import checkout
from ganlib.page.findings import diagnosis, place
from ganlib.page.glossary import SCORES
from ganlib.page.spread import others
from ganlib.support import checks, paths

PAGE = Path("page.html")
ACTIVATE = Path(".venv/bin/activate")
KEEP = "git add dvc.lock metrics && git commit -m baseline"
KID = SCORES["kid"]


def epilogue() -> Iterator[str]:
    """The lines, after the page has been written with this checkout's commit and minutes; none before the stage `compare` has run."""
    if not (paths.PAGE / "index.html").exists():
        return
    checkout.write(PAGE, experiments=False)
    details = {name: paths.details(name) for name in checks.read(checks.FILE)["reports"]}
    scored = {name: read_json(path) for name, path in details.items() if path.exists()}
    yield "KID, lower is better (as many other real pictures have about 0):"
    for name, figures in sorted(scored.items(), key=lambda entry: float(entry[1]["kid"])):
        value, low, high = (KID.format(figures[key]) for key in ("kid", "kid_low", "kid_high"))
        line = f"  {name:<9} {value} ({low} to {high})"
        if spread := others(figures, name).get("kid"):
            line += f", {place(figures['kid'], spread)[1]}"
        found = diagnosis(read_columns(paths.outputs(name).progress / "log.csv"), figures["step"])
        yield f"{line}; {found.word}" if found and found.care else line
    yield f"look at  {PAGE.resolve().as_uri()}"
    yield f"keep it  {KEEP}    # dvc metrics diff then compares with it"
    activate = "" if "VIRTUAL_ENV" in os.environ or not ACTIVATE.exists() else f"source {ACTIVATE}; "
    yield f"go on    {activate}dvc exp run evaluate@dense64 -S reports.dense64.lr_d=4e-4    # one report: 4 minutes"
