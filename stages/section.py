"""Collect a report's results for the page: data/sections/<report>.json."""

from ganlib.core.tables import write_json
from ganlib.page.collect import collect
from ganlib.support import paths
from ganlib.support.command import run


def main(report: str) -> None:
    """Collect REPORT's metrics and pictures."""
    write_json(collect(report), paths.section(report), compact=True)


if __name__ == "__main__":
    run(main)
