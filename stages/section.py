"""Gather all that the page says of one report: data/sections/<report>.json."""

from ganlib.core.tables import write_json
from ganlib.page.section import section
from ganlib.support import paths
from ganlib.support.command import run


def main(report: str) -> None:
    """Gather REPORT's figures and pictures."""
    write_json(section(report), paths.section(report), compact=True)


if __name__ == "__main__":
    run(main)
