"""Put the reports side by side: data/page/index.html, and their KID over training in data/page/kid.csv."""

from ganlib import params
from ganlib.core.tables import read_json
from ganlib.page import curve, document, verdicts
from ganlib.page.progress import kid_over_training
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.files import replacing


def main() -> None:
    """Write the page of all reports."""
    settings = params.load()
    sections = [read_json(paths.section(name)) for name in settings.reports]
    with replacing(paths.PAGE / "index.html") as target:
        target.write_text(document.page(sections, curve.demo(), settings.data, verdicts.claims()), encoding="utf-8")
    with replacing(paths.PAGE / "kid.csv") as target:
        target.write_text(kid_over_training(sections), encoding="utf-8")


if __name__ == "__main__":
    run(main)
