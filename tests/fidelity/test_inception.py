"""Inception's features against those of pytorch-fid and clean-fid with the same weights, and how pictures stream through it."""

import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cleanfid.fid
import cleanfid.resize
import numpy as np
import pytest
import pytorch_fid.fid_score
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.referee import pytorch_fid_network
from ganlib.fidelity import inception
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.weights import Layer
from ganlib.support.errors import UserError
from ganlib.support.parallel import parallel_map
from tests.fidelity.features import fid

COUNT = 32
Sides = tuple[np.ndarray, np.ndarray]
Referee = Callable[[np.ndarray], np.ndarray]


def clouds(count: int, rows: int = 8, columns: int = 8, seed: int = 0) -> np.ndarray:
    """(count, 3, 56, 64) uint8 pictures of random colours, interpolated from `rows` x `columns`."""
    noise = torch.rand(count, 3, rows, columns, generator=torch.Generator().manual_seed(seed))
    return (F.interpolate(noise, (56, 64), mode="bicubic").clamp(0, 1) * 255).byte().numpy()


@pytest.fixture(scope="module")
def network() -> Inception:
    return inception.load()


@pytest.fixture(scope="module")
def clean() -> Inception:
    return inception.load(protocol="clean")


class Shallow(nn.Module):
    """A network that costs nothing, for what holds of any: each feature is a multiple of the picture's mean colour."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.rand(3, 2048, generator=torch.Generator().manual_seed(0)))
        self.sizes = []

    def forward(self, x: Tensor) -> Tensor:
        self.sizes.append(len(x))
        return x.mean((2, 3)) @ self.weight


@pytest.fixture
def shallow(network: Inception) -> Iterator[Inception]:
    deep, network.network = network.network, Shallow()
    yield network
    network.network = deep


@pytest.fixture(scope="module")
def referee(layers: list[Layer]) -> Referee:
    """pytorch-fid's features of (N, 3, H, W) uint8 pictures."""
    model = pytorch_fid_network(layers)

    def features(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.concatenate([model(part.float() / 255)[0].flatten(1) for part in torch.from_numpy(pictures).split(24)])

    return features


@pytest.fixture(scope="module")
def clean_referee(layers: list[Layer], tmp_path_factory: pytest.TempPathFactory) -> Referee:
    """clean-fid's features of the same, with pytorch-fid's network, since clean-fid would download its own."""
    model = pytorch_fid_network(layers, resize_input=False, normalize_input=False)

    def features(pictures: np.ndarray) -> np.ndarray:
        files = [tmp_path_factory.mktemp("pictures") / f"{number}.npy" for number in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            np.save(file, picture.transpose(1, 2, 0))
        return cleanfid.fid.get_files_features(
            files, lambda x: model((x - 128) / 128)[0].flatten(1), num_workers=0, batch_size=24, device="cpu", verbose=False
        )

    return features


@pytest.fixture(scope="module")
def pictures() -> Sides:
    return clouds(COUNT), clouds(COUNT, rows=11, columns=12, seed=1)


@pytest.fixture(scope="module")
def ours(network: Inception, pictures: Sides) -> list[np.ndarray]:
    return [inception.features(network, side, desc="ours") for side in pictures]


def fid_by(distance: Callable[..., float], real: np.ndarray, fake: np.ndarray) -> float:
    """The referees' arguments, (mu, sigma) of both; rotated, which changes no distance, into the few dimensions that the features span.

    There scipy's sqrtm takes a tenth of a second and not half a minute.
    """
    basis, _ = np.linalg.qr(np.concatenate([real, fake]).T.astype(np.float64))
    moments = [moment for side in (real, fake) for moment in ((side @ basis).mean(0), np.cov(side @ basis, rowvar=False))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sqrtm's disp is deprecated, and covariances of so few pictures are singular
        return distance(*moments)


def test_fid_equals_clean_fid(clean: Inception, clean_referee: Referee, pictures: Sides) -> None:
    few = [side[:12] for side in pictures]
    expected = fid_by(cleanfid.fid.frechet_distance, *(clean_referee(side) for side in few))
    assert fid(*(inception.features(clean, side, desc="clean") for side in few)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", [(56, 64), (178, 218), (299, 299), (400, 610), (900, 280)])
def test_clean_pictures_equal_those_of_clean_fids_resizer(clean: Inception, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).choice([0, 40, 255], (3, *size)).astype(np.uint8)  # steep edges overshoot, and are clipped
    expected = cleanfid.resize.build_resizer("clean")(picture.transpose(1, 2, 0))
    found = 128 * clean.prepare(torch.from_numpy(picture[None]))[0] + 128
    np.testing.assert_allclose(found.permute(1, 2, 0), expected, atol=1e-4, rtol=0)


def test_clean_leaves_pictures_of_inceptions_size_unchanged(clean: Inception) -> None:
    picture = torch.arange(256).repeat(3 * 299 * 299 // 256 + 1)[: 3 * 299 * 299].reshape(1, 3, 299, 299).byte()
    assert torch.equal(clean.prepare(picture), (picture.float() - 128) / 128)


def test_features_and_fid_equal_those_of_pytorch_fid(ours: list[np.ndarray], referee: Referee, pictures: Sides) -> None:
    theirs = [referee(side) for side in pictures]
    for mine, reference in zip(ours, theirs, strict=True):
        assert mine.shape == (COUNT, 2048)
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, reference, atol=1e-3, rtol=0)
    expected = fid_by(pytorch_fid.fid_score.calculate_frechet_distance, *theirs)
    assert 70 < expected < 80
    assert fid(*ours) == pytest.approx(expected, abs=1e-3)


def test_pictures_too_large_shrink_as_in_pytorch_fid(network: Inception, referee: Referee) -> None:
    large = np.random.default_rng(0).integers(0, 256, (2, 3, 400, 610), dtype=np.uint8)
    np.testing.assert_allclose(network(torch.from_numpy(large)), referee(large), atol=1e-3, rtol=0)


def test_fid_does_not_depend_on_the_batch_size(network: Inception, pictures: Sides, ours: list[np.ndarray]) -> None:
    by_fives = [inception.features(network, side[:6], desc="by fives", batch_size=5) for side in pictures]
    assert fid(*by_fives) == pytest.approx(fid(*(side[:6] for side in ours)), abs=1e-4)


def test_regrouped_batches_give_the_features_of_one_batch(shallow: Inception) -> None:
    pictures = clouds(20)
    whole = inception.features(shallow, pictures, desc="whole")
    assert sorted(shallow.network.sizes) == [4, 16]
    shallow.network.sizes.clear()
    batches = (torch.from_numpy(pictures[start:stop]) for start, stop in ((0, 1), (1, 2), (2, 17), (17, 20)))
    np.testing.assert_allclose(inception.features(shallow, batches, desc="batches"), whole, rtol=1e-5)
    assert sorted(shallow.network.sizes) == [4, 16]


def test_pictures_of_several_sizes_share_a_batch(network: Inception) -> None:
    small, large = clouds(2), np.random.default_rng(0).integers(0, 256, (1, 3, 80, 90), dtype=np.uint8)
    apart = np.concatenate([network(torch.from_numpy(side)) for side in (small, large)])
    np.testing.assert_allclose(inception.features(network, [small, large], desc="mixed"), apart, atol=1e-4, rtol=0)


def test_small_batches_are_merged_into_those_of_a_gpu(shallow: Inception) -> None:
    pictures = (torch.zeros(50, 3, 4, 4, dtype=torch.uint8) for _ in range(3))
    inception.features(shallow, pictures, desc="many", batch_size=inception.GPU_BATCH)
    assert sorted(shallow.network.sizes) == [22, 128]


@pytest.mark.parametrize("total", [600, None])
def test_memory_holds_the_features_once(shallow: Inception, total: int | None) -> None:
    batches = (np.zeros((8, 3, 4, 4), np.uint8) for _ in range(75))
    tracemalloc.start()
    found = inception.features(shallow, batches, desc="many", total=total)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.shape == (600, 2048)
    assert peak < 1.4 * found.nbytes


def test_pictures_are_drawn_no_faster_than_they_are_taken(shallow: Inception) -> None:
    drawn = []
    batches = (drawn.append(number) or np.zeros((8, 3, 4, 4), np.uint8) for number in range(100))
    with ThreadPoolExecutor(1) as pool:
        taken = parallel_map(pool, lambda group: shallow(torch.from_numpy(group[0])), inception.regroup(batches, 8), pending=3)
        for count in range(1, 20):
            next(taken)
            assert len(drawn) <= count + 3


def test_third_batch_is_submitted_before_the_first_ones_features_arrive(shallow: Inception, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one worker, as on a GPU, which always has a batch to continue with."""
    monkeypatch.setattr(inception.parallel, "core_count", lambda: 1)
    submitted, third, submit = [], threading.Event(), inception.from_device

    def noted(features: torch.Tensor) -> Callable[[], torch.Tensor]:
        submitted.append(features)
        if len(submitted) == 3:
            third.set()
        arrives = submit(features)
        return lambda: arrives() if third.wait(20) else pytest.fail("the third batch waits for the first one's features")

    monkeypatch.setattr(inception, "from_device", noted)
    assert inception.features(shallow, clouds(8), desc="eight", batch_size=2).shape == (8, 2048)


@pytest.mark.parametrize("total", [3, 12])
def test_total_that_was_wrong_changes_nothing(shallow: Inception, total: int) -> None:
    pictures = clouds(7)
    found = inception.features(shallow, iter([pictures]), desc="seven", total=total)
    np.testing.assert_array_equal(found, inception.features(shallow, pictures, desc="seven"))


def test_memory_mapped_pictures_are_not_copied(shallow: Inception, tmp_path: Path) -> None:
    np.save(tmp_path / "faces.npy", clouds(9))
    mapped = np.load(tmp_path / "faces.npy", mmap_mode="r")
    np.testing.assert_array_equal(inception.features(shallow, mapped, desc="mapped"), inception.features(shallow, clouds(9), desc="read"))


def test_each_core_has_one_thread(shallow: Inception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception.parallel, "core_count", lambda: 3)
    seen = set()
    shallow.network.register_forward_pre_hook(lambda *_: seen.add((threading.get_ident(), torch.get_num_threads())))
    inception.features(shallow, clouds(40), desc="forty", batch_size=2)
    assert 1 <= len(seen) <= 3
    assert {count for _, count in seen} == {1}


def test_no_pictures_have_no_features(shallow: Inception) -> None:
    assert inception.features(shallow, [], desc="none").shape == (0, 2048)


@pytest.mark.parametrize("whole", [True, False])
def test_progress_is_shown_on_stderr_under_its_description(shallow: Inception, capsys: pytest.CaptureFixture[str], whole: bool) -> None:
    pictures = clouds(2)
    inception.features(shallow, pictures if whole else iter([pictures]), "1000 fakes", total=2)
    shown = capsys.readouterr()
    assert "1000 fakes" in shown.err
    assert "2/2" in shown.err
    assert shown.out == ""


def test_pictures_that_are_not_bytes_are_refused(shallow: Inception) -> None:
    with pytest.raises(TypeError, match="uint8"):
        shallow(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused_by_the_picture_they_are_of(shallow: Inception, bad: float) -> None:
    pictures = np.zeros((20, 3, 8, 8), np.uint8)
    pictures[13] = 255
    shallow.network.register_forward_hook(lambda _, inputs, found: found.masked_fill(inputs[0].mean((1, 2, 3))[:, None] > 0, bad))
    message = r"^features of twenty: features of picture 13 \(0-based\) are not finite: a GPU fault, .*; try GANLIB_DEVICE=cpu$"
    with pytest.raises(UserError, match=message):
        inception.features(shallow, iter([pictures[:8], pictures[8:]]), "features of twenty", batch_size=5)


def test_features_never_use_tf32(shallow: Inception) -> None:
    allowed = []
    shallow.network.register_forward_pre_hook(lambda *_: allowed.append(torch.backends.cudnn.allow_tf32))
    inception.features(shallow, torch.zeros(9, 3, 64, 64, dtype=torch.uint8), desc="nine", batch_size=1)
    assert allowed == [False] * 9
    assert torch.backends.cudnn.allow_tf32


def test_global_random_state_is_unchanged(layers: list[Layer]) -> None:
    before = torch.get_rng_state()
    Inception(layers, "clean")
    assert torch.equal(torch.get_rng_state(), before)
