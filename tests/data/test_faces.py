import io
import shutil

import numpy as np
import pytest

from ganlib import params
from ganlib.data import celeba
from ganlib.data.faces import Faces
from ganlib.errors import UserError
from tests.data import archive


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    held = {"Black_Hair": [0, 3, 6], "Blond_Hair": [1, 6], "Eyeglasses": [1, 2]}
    folder = tmp_path_factory.mktemp("faces")
    raw = archive.write(folder / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)], held)
    archive.prepare(raw, params.load().crop("wide64"), folder / "wide64.npy")
    return folder / "wide64.npy"


@pytest.mark.parametrize(("split", "expected"), [("train", [0, 3, 6, 9]), ("valid", [1, 4, 7, 10]), ("all", list(range(12)))])
def test_split_chooses_rows_of_pictures_and_table_alike(cache, split, expected):
    opened = Faces.open(cache, split)
    assert len(opened) == len(expected)
    assert np.allclose(opened[np.arange(len(opened))][:, 2].mean(axis=(1, 2)), [10 * i for i in expected], atol=2)
    assert list(opened.table["file"]) == [f"{i + 1:06d}.jpg" for i in expected]


def test_split_without_a_picture_is_one_line(tmp_path):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(2)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "wide64.npy")
    with pytest.raises(UserError, match=r"wide64.npy: holds no picture of the split 'test'"):
        Faces.open(tmp_path / "wide64.npy", "test")


def test_condition_is_the_one_attribute_that_holds_and_zero_for_none_or_several(cache):
    groups = {"hair": ["Black_Hair", "Blond_Hair"], "eyes": ["Eyeglasses"]}
    conditions = Faces.open(cache, "all").conditions(groups)
    assert conditions.tolist() == [[1, 0], [2, 1], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0]] + [[0, 0]] * 5


def test_unknown_attribute_of_a_condition_is_named_with_those_there_are(cache):
    with pytest.raises(UserError, match=r"conditions.eyes: the pictures have no attribute 'Eyeglases', did you mean 'Eyeglasses'") as error:
        Faces.open(cache, "all").conditions({"eyes": ["Eyeglases"]})
    assert all(name in str(error.value) for name in celeba.ATTRIBUTES)


def lies(count: int = 12, shape: tuple[int, ...] = (64, 64, 3)) -> bytes:
    """A .npy header and a few bytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)})
    return header.getvalue() + bytes(100)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lies(), "mmap length is greater than file size"),
        (lies(count=10**15), "is no .npy of pictures: overflow"),
        (lies(count=0), r"holds uint8 of shape \(0, 64, 64, 3\); pictures are"),
        (lies(count=1, shape=(5, 5, 4)), r"holds pictures of shape \(1, 5, 5, 4\) for the 12 rows of its table"),
        (
            lies(count=2, shape=(4, 4, 3)),
            r"\(2, 4, 4, 3\) for the 12 rows of its table; `dvc repro prepare` makes it anew",
        ),
        (b"", "is no .npy of pictures"),
        (b"no array at all", "is no .npy of pictures"),
    ],
)
def test_cache_whose_header_lies_is_one_line(cache, tmp_path, content, said):
    (tmp_path / "wide64.npy").write_bytes(content)
    shutil.copy(cache.with_suffix(".parquet"), tmp_path)
    with pytest.raises(UserError, match=said) as error:
        Faces.open(tmp_path / "wide64.npy", "all")
    assert "\n" not in str(error.value)


def test_cache_without_its_table_is_one_line(cache, tmp_path):
    shutil.copy(cache, tmp_path)
    with pytest.raises(UserError, match=r"wide64.npy: has no table beside it: .*`dvc repro prepare` makes it anew"):
        Faces.open(tmp_path / "wide64.npy", "all")
