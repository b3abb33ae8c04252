"""Write the page of all reports, data/page/index.html, and their KIDs, data/page/kid.csv."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganlib.core.tables import read_json, to_csv
from ganlib.data import settings
from ganlib.page import demo, document, verdicts
from ganlib.support import checks, paths
from ganlib.support.command import run
from ganlib.support.files import replacing


def main() -> None:
    """Write the page of all reports."""
    reports = checks.mapping(checks.read(checks.FILE).get("reports"), "reports")  # without their settings, which are in the sections
    sections = [read_json(paths.section(name)) for name in reports]
    with replacing(paths.PAGE / "index.html") as target:
        target.write_text(document.page(sections, demo.collect(), settings.load().data, verdicts.claims()), encoding="utf-8")
    with replacing(paths.PAGE / "kid.csv") as target:
        target.write_text(kid_curves(sections), encoding="utf-8")


def kid_curves(sections: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a row per scored generator: report, step, share of the training, KID."""
    return to_csv(
        {"report": section["report"], "step": f"{step:.0f}", "share": f"{step / section['steps']:.4g}", "kid": f"{kid:.6g}"}
        for section in sections
        for step, kid in _scored(section)
    )


def _scored(section: Mapping[str, Any]) -> Iterable[tuple[float, float]]:
    kept, figures = section["kept"], section["figures"]
    if kept:
        return zip(kept["step"], kept["kid"], strict=True)
    return [(figures["step"], figures["kid"])] if figures else []


if __name__ == "__main__":
    run(main)
