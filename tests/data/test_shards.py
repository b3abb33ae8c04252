import json

import numpy as np
import pytest

from ganlib.data.shards import INDEX, Shards, Writer
from ganlib.support.errors import UserError
from tests.data.archive import shards_of

SIZE = 8
OF_20 = shards_of(20, SIZE)
PICTURES = np.random.default_rng(0).integers(0, 256, (47, SIZE, SIZE, 3), dtype=np.uint8)


def written(folder, pictures=PICTURES, at_once=9, limit=OF_20):
    with Writer(folder, SIZE, limit) as writer:
        for start in range(0, len(pictures), at_once):
            writer.write(pictures[start : start + at_once])
        writer.finish()
    return folder


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_shards_are_npy_files_of_the_size_asked_for(tmp_path):
    folder = written(tmp_path / "a")
    assert sorted(held(folder)) == ["00000.npy", "00001.npy", "00002.npy", INDEX]
    assert [len(np.load(folder / f"0000{i}.npy")) for i in range(3)] == [20, 20, 7]
    assert max(path.stat().st_size for path in folder.glob("*.npy")) == OF_20
    assert np.array_equal(np.concatenate([np.load(folder / f"0000{i}.npy") for i in range(3)]), PICTURES)


def test_shard_has_the_bytes_that_numpy_saves(tmp_path):
    folder = written(tmp_path / "a")
    for path in folder.glob("*.npy"):
        np.save(tmp_path / "saved.npy", np.load(path))
        assert (tmp_path / "saved.npy").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("at_once", [1, 20, 47])
def test_how_many_come_at_once_changes_no_byte(tmp_path, at_once):
    assert held(written(tmp_path / "a")) == held(written(tmp_path / "b", at_once=at_once))


@pytest.mark.parametrize("count", [1, 19, 20, 21, 40])
def test_last_shard_is_never_empty(tmp_path, count):
    pictures = Shards.open(written(tmp_path / "a", PICTURES[:count]))
    assert len(pictures.arrays) == -(-count // 20)
    assert np.array_equal(pictures[:], PICTURES[:count])


def test_shard_that_one_picture_does_not_fit_holds_one(tmp_path):
    assert len(Shards.open(written(tmp_path / "a", PICTURES[:3], limit=10)).arrays) == 3


@pytest.mark.parametrize("limit", [shards_of(47, SIZE), OF_20, shards_of(1, SIZE)])
@pytest.mark.parametrize(
    "rows",
    [
        slice(None),
        slice(15, 45),
        slice(3, 3),
        slice(-5, None),
        slice(None, None, -7),
        [46, 0, 20, 19, 20, 39, 40],
        [21, 22],
        [],
        [-1, -47],
    ],
    ids=str,
)
def test_many_shards_read_as_one_array(tmp_path, limit, rows):
    rows = np.array(rows, int) if isinstance(rows, list) else rows
    pictures = Shards.open(written(tmp_path / "a", limit=limit))
    assert (pictures.shape, len(pictures)) == ((47, SIZE, SIZE, 3), 47)
    assert np.array_equal(pictures[rows], PICTURES[rows])


@pytest.mark.parametrize("limit", [shards_of(47, SIZE), OF_20])
def test_row_beyond_the_end_is_an_error(tmp_path, limit):
    pictures = Shards.open(written(tmp_path / "a", limit=limit))
    with pytest.raises(IndexError):
        pictures[np.array([0, 47])]


def test_digest_changes_with_any_byte_and_with_nothing_else(tmp_path):
    digest = Shards.open(written(tmp_path / "a")).digest
    assert Shards.open(written(tmp_path / "b", at_once=5)).digest == digest
    changed = PICTURES.copy()
    changed[46, 7, 7, 2] ^= 1
    assert Shards.open(written(tmp_path / "c", changed)).digest != digest
    assert Shards.open(written(tmp_path / "d", PICTURES[::-1].copy())).digest != digest


@pytest.mark.parametrize("done", [1, 19, 20, 25, 40, 46])
def test_writer_goes_on_behind_what_an_earlier_one_left_whatever_else_lies_there(tmp_path, done):
    whole = written(tmp_path / "whole")
    digests = [shard["digest"] for shard in json.loads((whole / INDEX).read_text(encoding="utf-8"))["shards"]]
    folder = tmp_path / "cut"
    with Writer(folder, SIZE, OF_20) as writer:
        writer.write(PICTURES[:done])
        writer.write(~PICTURES[done:])  # what was written after it was last known to be safe
        writer.flush()()
    with Writer(folder, SIZE, OF_20, done, digests[: done // 20]) as writer:
        writer.write(PICTURES[done:])
        writer.finish()
    assert held(folder) == held(whole)


def reindexed(folder, change):
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    change(index["shards"])
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


DAMAGES = {
    "no index": (lambda folder: (folder / INDEX).unlink(), r"a: has no sound index.json: FileNotFoundError"),
    "an index that is none": (
        lambda folder: (folder / INDEX).write_text("{", encoding="utf-8"),
        "has no sound index.json: JSONDecodeError",
    ),
    "an index of something else": (
        lambda folder: (folder / INDEX).write_text('{"shards": [1]}', encoding="utf-8"),
        "has no sound index.json: TypeError",
    ),
    "an empty index": (lambda folder: reindexed(folder, list.clear), "a: holds no picture"),
    "a shard missing": (lambda folder: (folder / "00001.npy").unlink(), "its .npy files are not those that index.json lists"),
    "a shard too many": (lambda folder: (folder / "00003.npy").write_bytes(b""), "its .npy files are not those that index.json lists"),
    "another count": (
        lambda folder: reindexed(folder, lambda shards: shards[2].update(shape=[8, 8, 8, 3])),
        r"00002.npy: holds pictures of shape \(7, 8, 8, 3\), and index.json says \(8, 8, 8, 3\)",
    ),
    "a shard of other pictures": (lambda folder: np.save(folder / "00002.npy", np.zeros((7, 9, 9, 3), np.uint8)), r"\(7, 9, 9, 3\)"),
    "a shard cut short": (
        lambda folder: (folder / "00001.npy").write_bytes((folder / "00001.npy").read_bytes()[:-1]),
        "00001.npy: is no .npy of pictures: mmap length is greater than file size",
    ),
    "a shard with more behind it": (
        lambda folder: (folder / "00001.npy").write_bytes((folder / "00001.npy").read_bytes() + b"more"),
        "00001.npy: is longer than its pictures",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_folder_whose_index_and_shards_do_not_fit_is_one_line(tmp_path, damage):
    folder = written(tmp_path / "a")
    harm, said = DAMAGES[damage]
    harm(folder)
    with pytest.raises(UserError, match=said) as error:
        Shards.open(folder)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith("`dvc repro prepare` makes it anew") or "is no .npy" in str(error.value)
