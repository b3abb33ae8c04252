"""The stages `reference` and `evaluate` in a temporary folder, with the real network, on a few faces of known colours."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.reference import Reference
from ganlib.fidelity.weights import Layer
from ganlib.support import paths
from ganlib.support.types import EXTRACTOR
from stages import evaluate, reference
from tests import painted

COUNT = 24


@pytest.fixture
def prepared(tmp_path: Path, changed_params: Callable[[dict], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """24 faces of the crop wide64, two thirds of them of the split that is trained on, in a folder where the stages run."""
    changed_params({"protocol": "clean", "datasets.toons.split": "valid", "datasets.toons.samples": 6, "seed": 5})
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"file": "x.jpg", "split": ["test", "valid", "valid"] * (COUNT // 3), "Eyeglasses": -1})
    colours = np.random.default_rng(0).integers(0, 256, (COUNT, 3), dtype=np.uint8)
    painted.faces(colours, table, paths.faces("wide64"))
    return tmp_path


def test_stages_leave_features_statistics_and_scores_of_the_faces_that_params_name(prepared: Path, layers: list[Layer]) -> None:
    reference.main("wide64")
    stored = Reference.load(paths.features("wide64", "clean"))
    valid = [row for row in range(COUNT) if row % 3]
    assert set(stored.seen_rows) < set(valid)
    assert set(stored.held_out_rows) < set(range(0, COUNT, 3))
    assert (len(stored.scored), len(stored.seen), len(stored.held_out)) == (6, 6, 6)
    pictures = Faces.open(paths.faces("wide64"), "all").pictures[stored.seen_rows].transpose(0, 3, 1, 2)
    expected = inception.features(Inception(layers, "clean"), pictures, "faces")
    np.testing.assert_allclose(stored.seen, expected, atol=1e-4)
    statistics = Statistics.load(paths.statistics("wide64", "clean"), EXTRACTOR, "clean")
    np.testing.assert_allclose(statistics.mu, stored.scored.mean(axis=0, dtype=np.float64), rtol=1e-12)
    assert statistics.count == 6

    painted.run(paths.outputs("dense64"), {40: painted.grey()}, losses=[9.0] * 10 + [1.0, 3.0] * 5)
    evaluate.main("dense64")
    figures = json.loads(paths.details("dense64").read_text(encoding="utf-8"))
    stated = {"samples": 6, "real_samples": 6, "extractor": EXTRACTOR, "protocol": "clean", "dataset": "toons", "split": "valid"}
    assert figures.items() >= {**stated, "scale": "preview", "step": 40, "d_loss": 2.0, "collapsed": 40, "seen_samples": 16}.items()
    grey = inception.features(Inception(layers, "clean"), np.full((6, 3, 64, 64), 128, np.uint8), "grey")
    assert figures["fid"] == pytest.approx(np.trace(statistics.sigma) + np.square(statistics.mu - grey[0]).sum(), rel=1e-3)
    assert {path.name for path in paths.scores("dense64").iterdir()} == {"scores.csv", "closest.png"}
