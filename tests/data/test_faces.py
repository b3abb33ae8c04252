import io
import shutil

import numpy as np
import pandas as pd
import pytest

from ganlib import params
from ganlib.data import celeba
from ganlib.data.faces import Faces
from ganlib.data.shards import LIMIT
from ganlib.support.errors import UserError
from tests.data import archive


@pytest.fixture(scope="module", params=["one shard", "shards of 5"])
def cache(tmp_path_factory, request):
    held = {"Black_Hair": [0, 3, 6], "Blond_Hair": [1, 6], "Eyeglasses": [1, 2]}
    folder = tmp_path_factory.mktemp("faces")
    raw = archive.write(folder / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)], held)
    limit = LIMIT if request.param == "one shard" else archive.shards_of(5, 64)
    archive.prepare(raw, params.load().crop("wide64"), folder / "wide64", limit=limit)
    return folder / "wide64"


@pytest.mark.parametrize(("split", "expected"), [("train", [0, 3, 6, 9]), ("valid", [1, 4, 7, 10]), ("all", list(range(12)))])
def test_split_chooses_rows_of_pictures_and_table_alike(cache, split, expected):
    opened = Faces.open(cache, split)
    assert len(opened) == len(expected)
    assert np.allclose(opened[np.arange(len(opened))][:, 2].mean(axis=(1, 2)), [10 * i for i in expected], atol=2)
    assert list(opened.table["file"]) == [f"{i + 1:06d}.jpg" for i in expected]


def test_split_without_a_picture_is_one_line(tmp_path):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(2)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "wide64")
    with pytest.raises(UserError, match=r"wide64: holds no picture of the split 'test'"):
        Faces.open(tmp_path / "wide64", "test")


def test_condition_is_the_one_attribute_that_holds_and_zero_for_none_or_several(cache):
    groups = {"hair": ["Black_Hair", "Blond_Hair"], "eyes": ["Eyeglasses"]}
    conditions = Faces.open(cache, "all").conditions(groups)
    assert conditions.tolist() == [[1, 0], [2, 1], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0]] + [[0, 0]] * 5


def test_unknown_attribute_of_a_condition_is_named_with_those_there_are(cache):
    with pytest.raises(UserError, match=r"conditions.eyes: the pictures have no attribute 'Eyeglases', did you mean 'Eyeglasses'") as error:
        Faces.open(cache, "all").conditions({"eyes": ["Eyeglases"]})
    assert all(name in str(error.value) for name in celeba.ATTRIBUTES)


def test_every_read_of_shards_equals_that_of_one_file(tmp_path):
    held = {"Black_Hair": list(range(0, 70, 2)), "Blond_Hair": list(range(0, 70, 3))}
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(3 * i)) for i in range(70)], held)
    for name, limit in (("one", LIMIT), ("many", archive.shards_of(20, 64))):
        archive.prepare(raw, params.load().crop("wide64"), tmp_path / name, limit=limit)
    assert (len(list((tmp_path / "one").glob("*.npy"))), len(list((tmp_path / "many").glob("*.npy")))) == (1, 4)
    rng = np.random.default_rng(0)
    for split in ("train", "valid", "all"):
        for one, many in zip(Faces.divide(tmp_path / "one", split), Faces.divide(tmp_path / "many", split), strict=True):
            indices = rng.integers(0, len(one), 50) if len(one) else np.arange(0)
            assert np.array_equal(one[indices], many[indices])
            assert one[indices].strides == many[indices].strides
            assert np.array_equal(one.rows, many.rows)
            assert one.table.equals(many.table)
            groups = {"hair": ["Black_Hair", "Blond_Hair"]}
            assert np.array_equal(one.conditions(groups), many.conditions(groups))


def test_digest_is_of_the_whole_cache_whatever_the_split(cache):
    assert Faces.open(cache, "train").digest == Faces.open(cache, "all").digest
    assert len(Faces.open(cache, "all").digest) == 32


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
        (lies(count=1, shape=(5, 5, 4)), r"holds pictures of shape \(1, 5, 5, 4\), and index.json says \(\d+, 64, 64, 3\)"),
        (lies(count=2, shape=(4, 4, 3)), r"\(2, 4, 4, 3\), and index.json says .*; `dvc repro prepare` makes it anew"),
        (b"", "is no .npy of pictures"),
        (b"no array at all", "is no .npy of pictures"),
    ],
)
def test_cache_whose_header_lies_is_one_line(cache, tmp_path, content, said):
    shutil.copytree(cache, tmp_path / "wide64")
    (tmp_path / "wide64" / "00000.npy").write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        Faces.open(tmp_path / "wide64", "all")
    assert "\n" not in str(error.value)


def test_cache_without_its_table_or_with_another_is_one_line(cache, tmp_path):
    shutil.copytree(cache, tmp_path / "wide64")
    table = tmp_path / "wide64" / "table.parquet"
    pd.read_parquet(table)[1:].to_parquet(table)
    with pytest.raises(UserError, match=r"wide64: holds 12 pictures for the 11 rows of its table.parquet; `dvc repro prepare`"):
        Faces.open(tmp_path / "wide64", "all")
    table.unlink()
    with pytest.raises(UserError, match=r"wide64: has no sound table.parquet: .*`dvc repro prepare` makes it anew"):
        Faces.open(tmp_path / "wide64", "all")


def test_cache_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"wide64: has no sound index.json: .*`dvc repro prepare` makes it anew"):
        Faces.open(tmp_path / "wide64", "all")
