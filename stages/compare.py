"""Write the page of all reports, data/page/index.html, and their KIDs, data/page/kid.csv."""

from ganlib.core.tables import read_json
from ganlib.data import settings
from ganlib.page import demo, document, kids, verdicts
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
        target.write_text(kids.table(sections), encoding="utf-8")


if __name__ == "__main__":
    run(main)
