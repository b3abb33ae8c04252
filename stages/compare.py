"""Write the page of all reports, data/page/index.html, and their KID over training, data/page/kid.csv."""

from ganlib import params
from ganlib.core.tables import read_json
from ganlib.page import demo, document, verdicts
from ganlib.page.kid_curves import kid_curves
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.files import replacing


def main() -> None:
    """Write the page of all reports."""
    settings = params.load()
    sections = [read_json(paths.section(name)) for name in settings.reports]
    with replacing(paths.PAGE / "index.html") as target:
        target.write_text(document.page(sections, demo.collect(), settings.data, verdicts.claims()), encoding="utf-8")
    with replacing(paths.PAGE / "kid.csv") as target:
        target.write_text(kid_curves(sections), encoding="utf-8")


if __name__ == "__main__":
    run(main)
