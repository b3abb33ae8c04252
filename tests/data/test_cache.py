"""The cache that the stage `prepare` builds from an archive."""

import json
import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from ganlib.data import cache, celeba
from ganlib.data.archive import Archive
from ganlib.data.crop import Crop
from ganlib.data.faces import Faces
from ganlib.support.errors import UserError
from tests.data import archive

WIDE = Crop(left=0, top=20, right=178, bottom=198, size=64)
BROKEN = [b"no jpeg", archive.jpeg(archive.picture(0))[:200]]


@pytest.fixture
def raw(tmp_path):
    return archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)])


@pytest.fixture
def target(tmp_path):
    return tmp_path / "faces" / "wide64"


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def beside(target):
    """The other files in the folder of a cache, without its lock."""
    return sorted(path.name for path in target.parent.iterdir() if path not in (target, target.with_name(".wide64.lock")))


def test_cache_holds_every_picture_in_the_tables_order(raw, target):
    archive.prepare(raw, WIDE, target)
    pictures = np.load(target / "pictures.npy", mmap_mode="r")
    assert (pictures.shape, pictures.dtype) == ((12, 64, 64, 3), np.uint8)
    assert np.allclose(pictures[..., 2].mean(axis=(1, 2)), 10 * np.arange(12), atol=2)
    assert sorted(held(target)) == ["index.json", "pictures.npy", "table.parquet"]
    assert beside(target) == []


def test_fewer_images_are_spread_over_the_archive_and_replace_an_earlier_cache(raw, target):
    archive.prepare(raw, WIDE, target)
    archive.prepare(raw, WIDE, target, images=4)
    assert sorted(held(target)) == ["index.json", "pictures.npy", "table.parquet"]
    assert list(Faces.open(target, "all").table["file"]) == ["000001.jpg", "000004.jpg", "000007.jpg", "000010.jpg"]


def test_single_picture_makes_a_cache_of_one(tmp_path, target):
    archive.prepare(archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(0))]), WIDE, target)
    assert Faces.open(target, "train").pictures.shape == (1, 64, 64, 3)


def test_more_pictures_than_there_are_is_one_line_with_the_ways_out(raw):
    message = r"zip holds 12 pictures, and 202,599 are needed; lower datasets.celeba.images, or add pictures .*-s download`$"
    with Archive(raw / celeba.ARCHIVE) as pictures:
        opened = celeba.read(pictures, raw)
        opened.require(12, "celeba")
        with pytest.raises(UserError, match=message):
            opened.require(celeba.COUNT, "celeba")


def test_kaggles_zip_is_read_without_conversion(raw, target, tmp_path):
    archive.prepare(raw, WIDE, target)
    kaggle = archive.kaggle(tmp_path / "archive.zip", raw)
    kaggle.replace(raw / celeba.ARCHIVE)
    archive.prepare(raw, WIDE, tmp_path / "again")
    assert held(tmp_path / "again") == held(target)


@pytest.mark.parametrize("data", BROKEN)
def test_broken_picture_is_named_and_no_cache_is_left(tmp_path, target, data):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(10)] + [data])
    with pytest.raises(UserError, match=r"000011.jpg cannot be read: .*max_broken"):
        archive.prepare(raw, WIDE, target)
    assert not target.exists()


def test_broken_pictures_up_to_max_broken_are_left_out_of_pictures_and_table_and_listed(tmp_path, target, capsys):
    good = [archive.jpeg(archive.picture(10 * i)) for i in range(10)]
    raw = archive.write(tmp_path / "raw", [*good[:4], BROKEN[0], *good[4:8], BROKEN[1], *good[8:]])
    with pytest.raises(UserError, match=r"000010.jpg cannot be read: .*1 are allowed and this is one more"):
        archive.prepare(raw, WIDE, target, max_broken=1)
    archive.prepare(raw, WIDE, target, max_broken=2)
    opened = Faces.open(target, "all")
    assert np.allclose(opened.pictures[:][..., 2].mean(axis=(1, 2)), 10 * np.arange(10), atol=2)
    assert list(opened.table["file"]) == [name for name in archive.names(12) if name not in ("000005.jpg", "000010.jpg")]
    shown = capsys.readouterr().err
    assert all(f"skipped: img_align_celeba/{name}.jpg: " in shown for name in ("000005", "000010"))


def test_picture_that_the_table_names_and_the_archive_lacks_is_named(raw, target):
    for table in (raw / celeba.ATTRIBUTE_TABLE, raw / celeba.SPLIT_TABLE):
        table.write_text(table.read_text(encoding="utf-8").replace("000012.jpg", "000013.jpg"), encoding="utf-8")
    with pytest.raises(UserError, match=r"has no img_align_celeba/000013.jpg, which is in list_attr_celeba.txt"):
        archive.prepare(raw, WIDE, target)


def test_each_core_has_one_thread(tmp_path, target, monkeypatch):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(20)])
    monkeypatch.setattr(cache, "BLOCK", 2)
    monkeypatch.setattr(cache.parallel, "core_count", lambda: 3)
    seen, read = set(), cache.decode.rgb
    monkeypatch.setattr(cache.decode, "rgb", lambda *data: (seen.add((threading.get_ident(), torch.get_num_threads())), read(*data))[1])
    archive.prepare(raw, WIDE, target)
    assert 1 <= len(seen) <= 3
    assert {count for _, count in seen} == {1}


def slow_build(raw, target):
    """A slow build that saves every block at once."""
    cache.BLOCK, cache.SYNC = 4, 1
    read = cache.decode.rgb
    cache.decode.rgb = lambda *data: (time.sleep(0.02), read(*data))[1]
    archive.prepare(raw, WIDE, target)


def started_build(raw, target, rows):
    """The process of a slow build whose journal has at least this number of rows."""
    builder = multiprocessing.get_context("spawn").Process(target=slow_build, args=(raw, target))
    builder.start()
    journal = target.with_name(f".{target.name}.partial") / cache.JOURNAL
    while not journal.exists() or json.loads(journal.read_text(encoding="utf-8"))["rows"] < rows:
        assert builder.is_alive()
        time.sleep(0.005)
    return builder


@pytest.mark.parametrize("after", [1, 36])
def test_killed_build_leaves_another_name_and_the_next_resumes(tmp_path, target, monkeypatch, after):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(90)])
    archive.prepare(raw, WIDE, tmp_path / "whole")
    builder = started_build(raw, target, after)
    builder.kill()
    builder.join()
    builder.close()
    assert not target.exists()

    decoded = []
    read = cache.decode.rgb
    monkeypatch.setattr(cache.decode, "rgb", lambda *data: (decoded.append(1), read(*data))[1])
    archive.prepare(raw, WIDE, target)
    assert 0 < len(decoded) <= 90 - after
    assert held(target) == held(tmp_path / "whole")
    assert beside(target) == []


def fail(raw, target, name, max_broken=0):
    """A build in small blocks that ends in an error for the picture of this name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "BLOCK", 4)
        patch.setattr(cache, "SYNC", 1)
        with pytest.raises(UserError, match=name):
            archive.prepare(raw, WIDE, target, max_broken=max_broken)


def test_broken_pictures_of_a_failed_build_stay_skipped(tmp_path, target):
    pictures = [archive.jpeg(archive.picture(i)) for i in range(70)]
    for row in (3, 19, 20, 41):
        pictures[row] = b"no jpeg"
    raw = archive.write(tmp_path / "raw", pictures)
    archive.prepare(raw, WIDE, tmp_path / "whole", max_broken=4)
    fail(raw, target, "000042.jpg", max_broken=3)
    assert json.loads((target.with_name(".wide64.partial") / cache.JOURNAL).read_text(encoding="utf-8"))["rows"] > 20
    archive.prepare(raw, WIDE, target, max_broken=4)
    assert held(target) == held(tmp_path / "whole")


def half_built(tmp_path, target):
    """A build that ended in an error, with its journal."""
    pictures = [archive.jpeg(archive.picture(i)) for i in range(19)]
    fail(archive.write(tmp_path / "broken", [*pictures, b"no jpeg"]), target, "000020.jpg")
    assert beside(target) == [".wide64.partial"]


def test_half_built_cache_of_other_pictures_is_not_resumed(tmp_path, target):
    half_built(tmp_path, target)
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(200 - i)) for i in range(20)])
    archive.prepare(raw, WIDE, target)
    assert np.allclose(Faces.open(target, "all").pictures[:][..., 2].mean(axis=(1, 2)), 200 - np.arange(20), atol=2)


def test_build_restarts_if_files_of_a_partial_cache_are_missing(tmp_path, target):
    half_built(tmp_path, target)
    (target.with_name(".wide64.partial") / "pictures.npy").unlink()
    raw = archive.write(tmp_path / "broken", [archive.jpeg(archive.picture(i)) for i in range(20)])
    archive.prepare(raw, WIDE, target)
    assert len(Faces.open(target, "all")) == 20


def test_clean_removes_interrupted_builds_but_not_one_in_progress(tmp_path, target, raw):
    half_built(tmp_path, target)
    archive.prepare(raw, WIDE, target.with_name("tight64"))
    before = held(target.with_name("tight64"))
    slow = archive.write(tmp_path / "slow", [archive.jpeg(archive.picture(i)) for i in range(60)])
    builder = started_build(slow, target.with_name("tight56"), 1)
    cache.clean(target.parent)
    builder.join()
    assert builder.exitcode == 0
    builder.close()
    assert [name for name in beside(target) if not name.endswith(".lock")] == ["tight56", "tight64"]
    assert len(Faces.open(target.with_name("tight56"), "all")) == 60
    assert held(target.with_name("tight64")) == before


def test_two_builds_of_one_cache_at_once_follow_each_other(tmp_path, target, raw):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(archive.prepare, [raw] * 2, [WIDE] * 2, [target] * 2))
    assert len(Faces.open(target, "all")) == 12
    assert beside(target) == []


def test_photographs_are_resized_as_by_pillow_up_to_rounding(celeba_folder, target):
    archive.prepare(celeba_folder, WIDE, target, images=20)
    opened = Faces.open(target, "all")
    with ZipFile(celeba_folder / celeba.ARCHIVE) as photographs:
        for row, name in enumerate(opened.table["file"]):
            with photographs.open(f"{celeba.FOLDER}/{name}") as file:
                expected = Image.open(file).convert("RGB").crop((0, 20, 178, 198)).resize((64, 64), Image.Resampling.BILINEAR)
            assert np.allclose(opened.pictures[row : row + 1], np.asarray(expected), rtol=0, atol=1)
