"""Gather all that the page says of one report: data/sections/<report>.json."""

import json

from ganlib.page.section import section
from ganlib.support import paths
from ganlib.support.command import run
from ganlib.support.files import replacing


def main(report: str) -> None:
    """Gather REPORT's figures and pictures."""
    with replacing(paths.section(report)) as target:
        target.write_text(json.dumps(section(report)), encoding="utf-8")


if __name__ == "__main__":
    run(main)
