"""What `ganlib repro` says when everything has run: the scores, where to look and how to go on."""

from collections.abc import Iterator

from ganlib.core.tables import read_json
from ganlib.page.glossary import SCORES
from ganlib.page.spread import spreads
from ganlib.support import checks, paths

KID = SCORES["kid"]


def epilogue() -> Iterator[str]:
    """The lines; none if there is no page."""
    page = paths.PAGE / "index.html"
    if not page.exists():
        return
    details = {name: paths.details(name) for name in checks.read(checks.FILE)["reports"]}
    scored = {name: read_json(path) for name, path in details.items() if path.exists()}
    yield "KID, lower is better (as many other real pictures have about 0):"
    for name, figures in sorted(scored.items(), key=lambda entry: float(entry[1]["kid"])):
        value, low, high = (KID.format(figures[key]) for key in ("kid", "kid_low", "kid_high"))
        line = f"  {name:<9} {value} ({low} to {high})"
        if spread := spreads(figures, name).get("kid"):
            where = "in" if spread.low <= figures["kid"] <= spread.high else "outside"
            line += f", {where} the range of {len(spread.values)} other trainings, {KID.format(spread.low)} to {KID.format(spread.high)}"
        yield line
    yield f"look at  {page.resolve().as_uri()}"
    yield 'keep it  git commit -am "baseline on my machine"    # dvc metrics diff then compares with it'
    yield "go on    dvc exp run evaluate@dense64 -S reports.dense64.lr_d=4e-4    # trains and scores one report, in minutes"
