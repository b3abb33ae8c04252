"""What `dvc repro` leaves."""

import csv
import io
import math
import re
from pathlib import Path

from PIL import Image

from ganlib.page.glossary import entry
from tests.end_to_end.conftest import Checkout

SCORES = "fid fid_low fid_high fid_floor kid kid_low kid_high kid_floor precision recall density coverage closer_than_held_out".split()


def log(checkout: Checkout, run: str) -> list[dict[str, str]]:
    """The lines of a run's log."""
    with (checkout.folder / "data/progress" / run / "log.csv").open() as file:
        return list(csv.DictReader(file))


def assert_complete(checkout: Checkout) -> None:
    """Every report and the curve have their outputs, every figure has an explanation, and the page shows them all."""
    for name in checkout.reports:
        run, nets, progress, evaluated = (checkout.files(f"data/{kind}/{name}") for kind in ("runs", "nets", "progress", "scores"))
        assert {"config.yaml", "generator.safetensors"} <= run.keys()
        assert {Path(file).suffix for file in nets} == {".safetensors"}
        assert {"log.csv", "samples/000003.png", "reals.png"} <= progress.keys()
        # VS Code's DVC extension makes a slider of pictures in a folder whose names are numbers (vscode-dvc's MULTI_IMAGE_PATH_REG).
        assert all(re.fullmatch(r"\w+/\d+\.png", path) for path in progress if "/" in path)
        assert {"plots/closest.png", "details.json"} <= evaluated.keys()
        for content in (progress["samples/000003.png"], progress["reals.png"], evaluated["plots/closest.png"]):
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.mode == "RGB"
        scores = checkout.yaml(f"data/scores/{name}/details.json")
        compared = checkout.yaml(f"metrics/{name}.json")
        assert len(compared) <= 12
        assert compared.items() <= scores.items()
        assert {"fid", "kid", "closer_than_held_out"} <= compared.keys()
        assert all(math.isfinite(scores[score]) for score in SCORES)
        assert scores["fid_low"] <= scores["fid"] <= scores["fid_high"]
        assert (scores["samples"], scores["seen_samples"], scores["held_out_samples"]) == (8, 96, 8)
        assert (scores["extractor"], scores["protocol"]) == ("inception-2015-12-05", "pytorch-fid")
        assert (scores["dataset"], scores["split"], scores["scale"], scores["step"]) == ("toons", "train", "preview", 3)
        logged = log(checkout, name)[0]
        assert {figure for figure in logged if figure.endswith("loss")} <= scores.keys()
        assert all(entry(key).text for key in (*scores, *compared, *logged))
    assert {f"{name}.csv" for name in checkout.reports} == checkout.files("data/timing").keys()
    curve = checkout.yaml("metrics/curve.json")
    assert {"d_real", "d_score", "within_bounds"} <= curve.keys()
    assert all(entry(key).text for key in (*curve, *log(checkout, "curve")[0]))
    page = checkout.files("data/page")["index.html"].decode()
    assert all(f'<section id="{name}"' in page for name in [*checkout.reports, "curve", "scores", "learning"])
    assert checkout.files("data/page")["kid.csv"].decode().count("\n") == 1 + len(checkout.reports)
