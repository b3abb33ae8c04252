"""Where pictures to be scored come from: folders, zips, arrays and prepared crops."""

import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from ganlib.data.archive import LIMIT
from ganlib.fidelity import inception, scores
from ganlib.score import folders
from ganlib.score.folders import Pictures
from ganlib.support.errors import UserError
from tests import painted
from tests.data import archive

Write = Callable[[dict[str, bytes]], Path]
Open = Callable[..., Pictures]
NAMES = ["b.png", "a/z.PNG", "a/deep/er.bmp", "a.jpg.png"]
ORDER = ["a/deep/er.bmp", "a/z.PNG", "a.jpg.png", "b.png"]


def encoded(level: int, size: tuple[int, int] = (16, 16)) -> bytes:
    return archive.encoded(Image.new("RGB", size, (level, 0, 0)), "PNG")


def in_folder(place: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def in_zip(place: Path, files: dict[str, bytes]) -> Path:
    return archive.pack(place.with_suffix(".zip"), files, zipfile.ZIP_DEFLATED)


@pytest.fixture(params=[in_folder, in_zip])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    return lambda files: request.param(tmp_path / "fakes", files)


@pytest.fixture
def opened() -> Open:
    """The pictures of a place; its zip is closed after the test."""
    with ExitStack() as archives:
        yield lambda place, skip_broken=False: folders.open_source(place, "pytorch-fid", skip_broken, archives)


def levels(pictures: Pictures) -> list[int]:
    batches = list(pictures.batches)
    assert {batch.shape[1:] for batch in batches} == {(3, 16, 16)}
    return [int(picture[0, 0, 0]) for batch in batches for picture in batch]


def test_nested_pictures_are_read_in_place_in_one_order_and_other_files_named(
    write: Write, opened: Open, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    others = {"notes.txt": b"x", "a/._z.PNG": b"x", ".ipynb_checkpoints/b.png": b"x"}
    place = write({name: encoded(level) for level, name in enumerate(NAMES)} | others)
    pictures = opened(place)
    assert pictures.count == 4
    assert levels(pictures) == [NAMES.index(name) for name in ORDER]
    assert list(tmp_path.iterdir()) == [place]
    assert f"{place}: left out notes.txt: not .bmp, " in capfd.readouterr().err


def test_zip_that_the_one_reader_refuses_is_refused_here(tmp_path: Path, opened: Open) -> None:
    place = in_zip(tmp_path / "fakes", {"../outside.png": encoded(1), "inside.png": encoded(2)})
    with pytest.raises(UserError, match=r"fakes\.zip: refused: the entry '\.\./outside\.png' points outside the archive"):
        opened(place)
    (tmp_path / "page.zip").write_bytes(b"<html>quota exceeded</html>")
    with pytest.raises(UserError, match=r"page\.zip: not a complete zip: File is not a zip file"):
        opened(tmp_path / "page.zip")


def test_broken_picture_among_many_is_named_with_the_option_that_skips_it(write: Write, opened: Open) -> None:
    place = write({f"{i:03}.png": encoded(i) for i in range(100)} | {"050.png": encoded(50)[:50]})
    with pytest.raises(UserError, match=rf"{place}/050\.png: cannot be read as a picture: .*; --skip-broken skips such files"):
        opened(place)


def test_broken_pictures_are_skipped_only_by_request_and_kept_by_name(write: Write, opened: Open) -> None:
    place = write({"0.png": encoded(0), "1.png": b"", "2.png": encoded(2), "3.png": encoded(3)[:50]})
    pictures = opened(place, skip_broken=True)
    assert (levels(pictures), pictures.count) == ([0, 2], 2)
    assert pictures.broken == [f"{place}/1.png", f"{place}/3.png"]


def test_damaged_zip_member_is_a_broken_picture(tmp_path: Path, opened: Open) -> None:
    place = in_zip(tmp_path / "fakes", {"0.png": encoded(0), "1.png": encoded(1)})
    archive.flip(place, b"PK", 60, 255)  # in the first member's data, whose checksum then fails
    with pytest.raises(UserError, match=r"fakes\.zip/0\.png: cannot be read as a picture: the zip is damaged"):
        opened(place)
    pictures = opened(place, skip_broken=True)
    assert (levels(pictures), pictures.broken) == ([1], [f"{place}/0.png"])


def test_picture_damaged_after_it_was_checked_is_an_error(tmp_path: Path, opened: Open) -> None:
    place = in_folder(tmp_path / "fakes", {"0.png": encoded(0), "1.png": encoded(1)})
    pictures = opened(place, skip_broken=True)
    (place / "1.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"1\.png: not a picture"):
        levels(pictures)


def test_zips_are_closed_when_all_is_scored(tmp_path: Path) -> None:
    places = [in_zip(tmp_path / name, {"0.png": encoded(0)}) for name in ("fakes", "reals")]
    with pytest.raises(UserError, match="at least 2 pictures"):
        folders.score(*places, ["fid"], "pytorch-fid", None, False)
    assert not {str(place) for place in places} & {file.path for file in psutil.Process().open_files()}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Arguments of each call of `inception.load`, which a network replaces whose features are the mean colour."""
    found: list[tuple] = []
    monkeypatch.setattr(inception, "load", lambda *arguments: (found.append(arguments), painted.MeanColour())[1])
    return found


def test_fakes_and_reals_are_scored_each_in_its_place_and_the_floor_is_of_reals(tmp_path: Path, asked: list[tuple]) -> None:
    rng = np.random.default_rng(0)
    colours = {"fakes": rng.integers(100, 130, (10, 3), np.uint8), "reals": rng.integers(0, 256, (24, 3), np.uint8)}
    for side, values in colours.items():
        np.save(tmp_path / f"{side}.npy", np.ascontiguousarray(np.broadcast_to(values[:, :, None, None], (*values.shape, 8, 8))))
    figures = folders.score(tmp_path / "fakes.npy", tmp_path / "reals.npy", scores.METRICS, "clean", tmp_path / "weights", False)
    ((device, weights, protocol),) = asked
    assert (device.type, weights, protocol, figures["protocol"]) == (folders.device().type, tmp_path / "weights", "clean", "clean")
    fake, real = (np.pad(values.astype(np.float32), ((0, 0), (0, inception.DIMENSIONS - 3))) for values in colours.values())
    expected = scores.compare(real, fake, scores.METRICS) | scores.floor(*scores.halves(real, 10, seed=0), scores.METRICS)
    assert {key: figures[key] for key in expected} == pytest.approx(expected, rel=1e-6)
    assert expected["precision"] != expected["recall"]
    assert (figures["fake_samples"], figures["real_samples"]) == (10, 24)


def test_scores_use_the_device_that_the_environment_names(tmp_path: Path, asked: list[tuple], monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "some.npy", np.zeros((9, 3, 8, 8), np.uint8))
    monkeypatch.setenv("GANLIB_DEVICE", "cuda:99")
    with pytest.raises(UserError, match="cuda:99 is not available"):
        folders.score(tmp_path / "some.npy", tmp_path / "some.npy", ["fid"], "clean", None, False)
    assert asked == []


def test_folder_of_broken_pictures_alone_holds_nothing_to_score(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(UserError, match=r"all 1 picture files are broken"):
        opened(in_folder(tmp_path / "fakes", {"0.png": b""}), skip_broken=True)


def test_mixed_sizes_are_refused_with_a_file_of_each(write: Write, opened: Open) -> None:
    place = write({"0.png": encoded(0), "1.png": encoded(1), "2.png": encoded(2, (16, 18))})
    with pytest.raises(UserError, match=rf"must have one size; {place}/0\.png is 16x16, {place}/2\.png is 16x18"):
        opened(place)


def test_place_without_pictures_is_refused_with_the_names_that_pictures_have(write: Write, opened: Open) -> None:
    with pytest.raises(UserError, match=r"fakes.*: contains no picture: no file ends in \.bmp, \.jpeg"):
        opened(write({"notes.txt": b""}))


def test_file_larger_than_any_picture_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open) -> None:
    with (tmp_path / "0.png").open("wb") as file:
        file.truncate(LIMIT + 1)  # sparse: takes no room on the disk
    monkeypatch.setattr(Path, "read_bytes", lambda file: pytest.fail(f"{file} was read"))
    with pytest.raises(UserError, match=r"0\.png: has 67,108,865 bytes, more than the limit of 67,108,864"):
        opened(tmp_path, skip_broken=True)


def test_only_a_few_pictures_are_decoded_in_advance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Open) -> None:
    monkeypatch.setattr(folders.parallel, "core_count", lambda: 2)
    pictures = opened(in_folder(tmp_path / "fakes", {f"{i:03}.png": encoded(i) for i in range(100)}))
    started, decode = [], folders.decode
    monkeypatch.setattr(folders, "decode", lambda data, name: started.append(name) or decode(data, name))
    batches = iter(pictures.batches)
    assert [int(next(batches)[0, 0, 0, 0]) for _ in range(10)] == list(range(10))
    assert len(started) < 40
    batches.close()


def test_array_is_mapped_and_not_read(tmp_path: Path, opened: Open) -> None:
    pictures = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
    np.save(tmp_path / "fakes.npy", pictures)
    (mapped,) = opened(tmp_path / "fakes.npy").batches
    np.testing.assert_array_equal(mapped, pictures)
    with (tmp_path / "fakes.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\xff")
    assert mapped[-1, -1, -1, -1] == 255


def test_prepared_crop_is_its_pictures(tmp_path: Path, opened: Open) -> None:
    place = tmp_path / "tight64"
    place.mkdir()
    for name in ("index.json", "table.parquet"):
        (place / name).write_bytes(b"")
    np.save(place / "pictures.npy", np.uint8([3, 1, 4])[:, None, None, None] * np.ones((16, 16, 3), np.uint8))
    pictures = opened(place)
    assert (levels(pictures), pictures.count) == ([3, 1, 4], 3)


def test_folder_of_pictures_may_hold_an_index_json(tmp_path: Path, opened: Open) -> None:
    assert levels(opened(in_folder(tmp_path / "fakes", {"0.png": encoded(7), "index.json": b"{}"}))) == [7]


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((2, 3, 4, 4), np.float32), r"holds float32 of shape \(2, 3, 4, 4\); must be uint8 of shape \(N, H, W, 3\) or "),
        (np.zeros((2, 4, 4, 4), np.uint8), r"holds uint8 of shape \(2, 4, 4, 4\)"),
        (np.zeros((3, 4, 4), np.uint8), r"holds uint8 of shape \(3, 4, 4\)"),
        (np.zeros((0, 3, 4, 4), np.uint8), r"holds uint8 of shape \(0, 3, 4, 4\)"),
        (np.array([{}]), "not a .npy file of pictures"),
    ],
)
def test_array_of_another_type_or_shape_is_refused(tmp_path: Path, array: np.ndarray, said: str, opened: Open) -> None:
    np.save(tmp_path / "fakes.npy", array, allow_pickle=True)
    with pytest.raises(UserError, match=rf"fakes\.npy: {said}"):
        opened(tmp_path / "fakes.npy")


@pytest.mark.parametrize("keep", [0, 5, 100, 200])
def test_file_cut_short_is_no_array(tmp_path: Path, keep: int, opened: Open) -> None:
    np.save(tmp_path / "fakes.npy", np.zeros((9, 3, 4, 4), np.uint8))
    (tmp_path / "fakes.npy").write_bytes((tmp_path / "fakes.npy").read_bytes()[:keep])
    with pytest.raises(UserError, match=r"fakes\.npy: not a \.npy file of pictures") as raised:
        opened(tmp_path / "fakes.npy")
    assert "\n" not in str(raised.value)
