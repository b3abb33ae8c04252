import io
import shutil
from hashlib import blake2b

import numpy as np
import pandas as pd
import pytest

from ganlib import params
from ganlib.data import celeba
from ganlib.data.faces import Faces
from ganlib.support.errors import UserError
from tests import painted
from tests.data import archive


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    held = {"Black_Hair": [0, 3, 6], "Blond_Hair": [1, 6], "Eyeglasses": [1, 2]}
    folder = tmp_path_factory.mktemp("faces")
    raw = archive.write(folder / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)], held)
    archive.prepare(raw, params.load().crop("wide64"), folder / "wide64")
    return folder / "wide64"


@pytest.mark.parametrize(("split", "expected"), [("train", [0, 3, 6, 9]), ("valid", [1, 4, 7, 10]), ("all", list(range(12)))])
def test_split_selects_rows_of_both_pictures_and_table(cache, split, expected):
    opened = Faces.open(cache, split)
    assert len(opened) == len(expected)
    assert np.allclose(opened[np.arange(len(opened))][:, 2].mean(axis=(1, 2)), [10 * i for i in expected], atol=2)
    assert list(opened.table["file"]) == [f"{i + 1:06d}.jpg" for i in expected]


def test_split_without_a_picture_is_one_line(tmp_path):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(2)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "wide64")
    with pytest.raises(UserError, match=r"wide64: has no picture of the split 'test'"):
        Faces.open(tmp_path / "wide64", "test")


def test_condition_is_the_one_attribute_that_holds_and_zero_for_none_or_several(cache):
    conditions = Faces.open(cache, "all").conditions(painted.GROUPS)
    assert conditions.tolist() == [[1, 0], [2, 1], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0]] + [[0, 0]] * 5


def test_unknown_attribute_of_a_condition_is_named_with_the_available_ones(cache):
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
        (lies(count=10**15), "not a .npy file of pictures: overflow"),
        (lies(count=0), r"holds uint8 of shape \(0, 64, 64, 3\); must be uint8 of shape"),
        (lies(count=1, shape=(5, 5, 4)), r"pictures.npy has shape \(1, 5, 5, 4\), index.json says \(12, 64, 64, 3\)"),
        (lies(count=2, shape=(4, 4, 3)), "pictures.npy: has more bytes than its 2 pictures"),
        (b"", "not a .npy file of pictures"),
        (b"no array at all", "not a .npy file of pictures"),
    ],
)
def test_damaged_pictures_are_one_line(cache, tmp_path, content, said):
    shutil.copytree(cache, tmp_path / "wide64")
    (tmp_path / "wide64" / "pictures.npy").write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        Faces.open(tmp_path / "wide64", "all")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("index.json", None, "FileNotFoundError"),
        ("index.json", b"{", "Expecting property name"),
        ("index.json", b"\xff", "can't decode"),
        ("index.json", b"[1]", "indices must be integers"),
        ("index.json", b'{"shape": 1, "digest": ""}', "not iterable"),
        ("index.json", b'{"shape": [12, 64, 64, 3]}', "'digest'"),
        ("table.parquet", None, "FileNotFoundError"),
        ("table.parquet", b"no table", "Parquet"),
    ],
)
def test_missing_or_damaged_index_or_table_is_one_line(cache, tmp_path, name, content, said):
    shutil.copytree(cache, tmp_path / "wide64")
    (tmp_path / "wide64" / name).unlink()
    if content is not None:
        (tmp_path / "wide64" / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        Faces.open(tmp_path / "wide64", "all")
    assert str(error.value).startswith(f"{tmp_path}/wide64: index.json or table.parquet is missing or damaged: ")
    assert str(error.value).endswith("; `dvc repro prepare` rebuilds it")
    assert "\n" not in str(error.value)


def test_index_or_table_of_other_pictures_is_one_line(cache, tmp_path):
    shutil.copytree(cache, tmp_path / "wide64")
    index, table = tmp_path / "wide64" / "index.json", tmp_path / "wide64" / "table.parquet"
    whole = pd.read_parquet(table)
    whole[1:].to_parquet(table)
    with pytest.raises(UserError, match=r"and table.parquet has 11 rows; `dvc repro prepare` rebuilds it"):
        Faces.open(tmp_path / "wide64", "all")
    whole.to_parquet(table)
    index.write_text(index.read_text(encoding="utf-8").replace("12", "13"), encoding="utf-8")
    with pytest.raises(UserError, match=r"has shape \(12, 64, 64, 3\), index.json says \(13, 64, 64, 3\)"):
        Faces.open(tmp_path / "wide64", "all")


def test_digest_is_that_of_the_file_of_pictures_and_changes_with_any_byte(cache, tmp_path):
    digest = blake2b((cache / "pictures.npy").read_bytes(), digest_size=16).hexdigest()
    assert [Faces.open(cache, split).digest for split in ("train", "all")] == [digest] * 2
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i + (i == 11))) for i in range(12)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "wide64")
    assert Faces.open(tmp_path / "wide64", "all").digest != digest


def test_pictures_have_the_bytes_that_numpy_saves(cache, tmp_path):
    np.save(tmp_path / "saved.npy", np.load(cache / "pictures.npy"))
    assert (tmp_path / "saved.npy").read_bytes() == (cache / "pictures.npy").read_bytes()
