"""Where pictures to be scored come from: folders, zips, caches."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from ganlib.errors import UserError
from ganlib.fidelity import samples
from ganlib.fidelity.samples import LARGEST, Pictures, ahead, open_cache

NAMES = ["b.png", "a/z.PNG", "a/deep/er.bmp", "a.jpg.png"]
ORDER = ["a/deep/er.bmp", "a/z.PNG", "a.jpg.png", "b.png"]


def encoded(level: int, size: tuple[int, int] = (16, 16)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (level, 0, 0)).save(file, "PNG")
    return file.getvalue()


def in_folder(place: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def in_zip(place: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return place.with_suffix(".zip")


@pytest.fixture(params=[in_folder, in_zip])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    return lambda files: request.param(tmp_path / "fakes", files)


def levels(pictures: Pictures) -> list[int]:
    batches = list(pictures.batches())
    assert {batch.shape[1:] for batch in batches} == {(3, 16, 16)}
    return [int(picture[0, 0, 0]) for batch in batches for picture in batch]


def test_nested_pictures_come_in_one_order_and_other_files_are_left_alone(
    write: Callable[[dict[str, bytes]], Path],
) -> None:
    others = {"notes.txt": b"x", "a/._z.PNG": b"x", ".ipynb_checkpoints/b.png": b"x"}
    place = write({name: encoded(level) for level, name in enumerate(NAMES)} | others)
    pictures = Pictures.open(place)
    assert [str(file) for file in pictures.files] == [f"{place}/{name}" for name in ORDER]
    assert levels(pictures) == [NAMES.index(name) for name in ORDER]
    assert len(pictures) == 4


def test_zip_is_read_in_place(tmp_path: Path) -> None:
    place = in_zip(tmp_path / "fakes", {"../outside.png": encoded(1), "inside.png": encoded(2)})
    Pictures.open(place, skip_broken=True)
    assert list(tmp_path.iterdir()) == [place]
    assert not (tmp_path.parent / "outside.png").exists()


def test_broken_picture_among_many_is_named_with_the_option_that_skips_it(write: Callable[[dict[str, bytes]], Path]) -> None:
    place = write({f"{i:03}.png": encoded(i) for i in range(100)} | {"050.png": encoded(50)[:50]})
    with pytest.raises(UserError, match=rf"{place}/050\.png: is no readable picture: .*; --skip-broken leaves such files out"):
        Pictures.open(place)


def test_broken_pictures_are_skipped_only_by_request_and_kept_by_name(write: Callable[[dict[str, bytes]], Path]) -> None:
    place = write({"0.png": encoded(0), "1.png": b"", "2.png": encoded(2), "3.png": encoded(3)[:50]})
    pictures = Pictures.open(place, skip_broken=True)
    assert levels(pictures) == [0, 2]
    assert [str(file) for file in pictures.broken] == [f"{place}/1.png", f"{place}/3.png"]


def test_damaged_zip_member_is_a_broken_picture(tmp_path: Path) -> None:
    place = in_zip(tmp_path / "fakes", {"0.png": encoded(0), "1.png": encoded(1)})
    data = bytearray(place.read_bytes())
    data[60] ^= 255  # in the first member's data, whose checksum then fails
    place.write_bytes(data)
    with pytest.raises(UserError, match=r"fakes\.zip/0\.png: is no readable picture"):
        Pictures.open(place)
    assert str(place) not in [file.path for file in psutil.Process().open_files()]


def test_folder_of_broken_pictures_alone_holds_nothing_to_score(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no whole picture among 1"):
        Pictures.open(in_folder(tmp_path / "fakes", {"0.png": b""}), skip_broken=True)


def test_mixed_sizes_are_refused_with_a_file_of_each(write: Callable[[dict[str, bytes]], Path]) -> None:
    place = write({"0.png": encoded(0), "1.png": encoded(1), "2.png": encoded(2, (16, 18))})
    with pytest.raises(UserError, match=rf"must have one size, and {place}/0\.png is 16x16 and {place}/2\.png 16x18"):
        Pictures.open(place)


def test_place_without_pictures_is_refused_with_the_names_that_pictures_have(write: Callable[[dict[str, bytes]], Path]) -> None:
    with pytest.raises(UserError, match=r"fakes.*: holds no picture: no file ends in \.bmp, \.jpeg"):
        Pictures.open(write({"notes.txt": b""}))


def test_zip_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fakes.zip").write_bytes(b"<html>quota exceeded</html>")
    with pytest.raises(UserError, match=r"fakes\.zip: is no zip: File is not a zip file"):
        Pictures.open(tmp_path / "fakes.zip")


def test_encrypted_member_is_named(tmp_path: Path) -> None:
    place = in_zip(tmp_path / "fakes", {"0.png": encoded(0)})
    data = bytearray(place.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption in the central directory (APPNOTE 4.4.4)
    place.write_bytes(data)
    with pytest.raises(UserError, match=r"fakes\.zip/0\.png: is encrypted"):
        Pictures.open(place, skip_broken=True)


def test_file_larger_than_any_picture_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "0.png").open("wb") as file:
        file.truncate(LARGEST + 1)  # sparse: takes no room on the disk
    monkeypatch.setattr(Path, "read_bytes", lambda file: pytest.fail(f"{file} was read"))
    with pytest.raises(UserError, match=r"0\.png: has 357,913,941 bytes"):
        Pictures.open(tmp_path, skip_broken=True)


def test_zip_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    place = in_zip(tmp_path / "fakes", {"0.png": encoded(0)})
    data = bytearray(place.read_bytes())
    start = data.index(b"PK\x01\x02") + 24  # the uncompressed size (APPNOTE 4.4.9)
    data[start : start + 4] = (4_000_000_000).to_bytes(4, "little")
    place.write_bytes(data)
    with pytest.raises(UserError, match=r"fakes\.zip/0\.png: has 4,000,000,000 bytes"):
        Pictures.open(place)


def test_no_more_than_a_few_pictures_are_decoded_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples.os, "cpu_count", lambda: 2)
    begun = []
    results = ahead(lambda item: begun.append(item) or item, range(1000))
    assert [next(results) for _ in range(10)] == list(range(10))
    assert len(begun) < 40
    results.close()


def test_cache_is_mapped_and_not_read(tmp_path: Path) -> None:
    pictures = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
    np.save(tmp_path / "fakes.npy", pictures)
    opened = open_cache(tmp_path / "fakes.npy")
    np.testing.assert_array_equal(opened, pictures)
    with (tmp_path / "fakes.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\xff")
    assert opened[-1, -1, -1, -1] == 255
    np.save(tmp_path / "others.npy", pictures.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(open_cache(tmp_path / "others.npy"), pictures)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((2, 3, 4, 4), np.float32), r"holds float32 of shape \(2, 3, 4, 4\); pictures are uint8 of shape \(N, H, W, 3\) or "),
        (np.zeros((2, 4, 4, 4), np.uint8), r"holds uint8 of shape \(2, 4, 4, 4\)"),
        (np.zeros((3, 4, 4), np.uint8), r"holds uint8 of shape \(3, 4, 4\)"),
        (np.zeros((0, 3, 4, 4), np.uint8), r"holds uint8 of shape \(0, 3, 4, 4\)"),
        (np.array([{}]), "is no .npy of pictures"),
    ],
)
def test_array_of_another_type_or_shape_is_refused(tmp_path: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / "fakes.npy", array, allow_pickle=True)
    with pytest.raises(UserError, match=rf"fakes\.npy: {said}"):
        open_cache(tmp_path / "fakes.npy")


@pytest.mark.parametrize("keep", [0, 5, 100, 200])
def test_file_cut_short_is_no_cache(tmp_path: Path, keep: int) -> None:
    np.save(tmp_path / "fakes.npy", np.zeros((9, 3, 4, 4), np.uint8))
    (tmp_path / "fakes.npy").write_bytes((tmp_path / "fakes.npy").read_bytes()[:keep])
    with pytest.raises(UserError, match=r"fakes\.npy: is no \.npy of pictures") as raised:
        open_cache(tmp_path / "fakes.npy")
    assert "\n" not in str(raised.value)
