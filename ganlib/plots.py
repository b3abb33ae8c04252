"""Makes .dvc/plots.html, into which DVC puts its plots: with Vega in it curves need no network (`python -m ganlib.plots`)."""

from pathlib import Path

import vl_convert
from dvc.config import Config

from ganlib.support.files import replacing

PAGE = Path(".dvc/plots.html")
SKELETON = Path(__file__).with_name("plots.html")


def write(page: Path = PAGE) -> None:
    """Write it and name it in .dvc/config.local, so that a checkout without it keeps DVC's own page."""
    with replacing(page) as target:
        target.write_text(SKELETON.read_text(encoding="utf-8").replace("{vega}", vl_convert.javascript_bundle(), 1), encoding="utf-8")
    with Config(str(page.parent)).edit("local") as config:
        config.setdefault("plots", {})["html_template"] = page.name


if __name__ == "__main__":
    write()
