"""What another runtime draws from the exported file."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import ganlib
from ganlib.use.export.onnx import export
from tests import painted
from tests.use.lively import NARROW, REPORTS, below, trained

FAST = ("began64", "dcgan56", "dcgan64", "dense64")  # every kind of layer, and two inputs
CASES = [
    pytest.param(name, changes, marks=() if name in FAST and changes is NARROW else pytest.mark.slow, id=f"{name}-{width}")
    for name in REPORTS
    for width, changes in (("narrow", NARROW), ("full", {"width": 1.0}))
    if width == "narrow" or hasattr(painted.report(name), "width")
]


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_onnxruntime_draws_the_same_pictures_in_batches_of_any_size(name: str, changes: dict[str, float], tmp_path: Path) -> None:
    generator = ganlib.load(trained(below(tmp_path, name), name, **changes).run)
    path = tmp_path / "generator.onnx"
    assert "opset 20" in export(generator, path)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["generator.onnx"]  # no second file for the weights
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    assert model.opset_import[0].version == 20
    assert {entry.key: entry.value for entry in model.metadata_props}["report"] == name
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {entry.shape[0] for entry in (*session.get_inputs(), *session.get_outputs())} == {"batch"}
    groups = generator.run.condition_values
    values = {group: options[-1] for group, options in groups.items()}
    for count in (1, 5):
        feeds = {"z": generator.z(range(count))}
        if groups:
            feeds["conditions"] = np.array([[len(options) - 1 for options in groups.values()]] * count)
        (pictures,) = session.run(["pictures"], feeds)
        expected = generator.sample(range(count), **values).astype(int)
        assert pictures.dtype == np.uint8
        assert np.ptp(expected) > 150
        assert abs(pictures - expected).max() <= 1
