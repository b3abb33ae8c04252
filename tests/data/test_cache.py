"""What the prepare stage makes of an archive."""

import multiprocessing
import os
import signal
import threading
import time
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from ganlib.data import cache, celeba
from ganlib.data.crop import Crop
from ganlib.data.faces import Faces
from ganlib.errors import UserError
from tests.data import archive

WIDE = Crop(left=0, top=20, right=178, bottom=198, size=64)
BROKEN = [b"no jpeg", archive.jpeg(archive.picture(0))[:200]]


@pytest.fixture
def raw(tmp_path):
    return archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)])


@pytest.fixture
def target(tmp_path):
    return tmp_path / "faces" / "wide64.npy"


def test_cache_holds_every_picture_in_the_tables_order(raw, target):
    archive.prepare(raw, WIDE, target)
    pictures = np.load(target, mmap_mode="r")
    assert (pictures.shape, pictures.dtype) == ((12, 64, 64, 3), np.uint8)
    assert np.allclose(pictures[..., 2].mean(axis=(1, 2)), 10 * np.arange(12), atol=2)
    assert sorted(path.name for path in target.parent.iterdir()) == ["wide64.npy", "wide64.parquet"]


def test_cache_has_the_bytes_that_numpy_saves(raw, target, tmp_path):
    archive.prepare(raw, WIDE, target)
    np.save(tmp_path / "saved.npy", np.load(target))
    assert (tmp_path / "saved.npy").read_bytes() == target.read_bytes()


def test_equal_archives_give_equal_bytes(raw, target, tmp_path):
    archive.prepare(raw, WIDE, target)
    archive.prepare(raw, WIDE, tmp_path / "again.npy")
    for suffix in (".npy", ".parquet"):
        assert (tmp_path / "again").with_suffix(suffix).read_bytes() == target.with_suffix(suffix).read_bytes()


def test_fewer_images_are_spread_over_the_archive(raw, target):
    archive.prepare(raw, WIDE, target, images=4)
    assert list(Faces.open(target, "all").table["file"]) == ["000001.jpg", "000004.jpg", "000007.jpg", "000010.jpg"]


def test_single_picture_makes_a_cache_of_one(tmp_path, target):
    archive.prepare(archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(0))]), WIDE, target)
    assert Faces.open(target, "train").pictures.shape == (1, 64, 64, 3)


def test_more_images_than_there_are_is_one_line(raw, target):
    with pytest.raises(UserError, match="13 asked for"):
        archive.prepare(raw, WIDE, target, images=13)


def test_kaggles_zip_is_read_as_it_is(raw, target, tmp_path):
    archive.prepare(raw, WIDE, target)
    kaggle = archive.kaggle(tmp_path / "archive.zip", raw)
    kaggle.replace(raw / celeba.ARCHIVE)
    archive.prepare(raw, WIDE, tmp_path / "again.npy")
    assert (tmp_path / "again.npy").read_bytes() == target.read_bytes()


@pytest.mark.parametrize("data", BROKEN)
def test_broken_picture_is_named_and_no_cache_is_left(tmp_path, target, data):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(10)] + [data])
    with pytest.raises(UserError, match=r"000011.jpg cannot be read: .*max_broken"):
        archive.prepare(raw, WIDE, target)
    assert not target.exists()
    assert not target.with_suffix(".parquet").exists()


def test_broken_pictures_up_to_max_broken_are_left_out_of_pictures_and_table_and_listed(tmp_path, target, capsys):
    good = [archive.jpeg(archive.picture(10 * i)) for i in range(10)]
    raw = archive.write(tmp_path / "raw", [*good[:4], BROKEN[0], *good[4:8], BROKEN[1], *good[8:]])
    with pytest.raises(UserError, match=r"000010.jpg cannot be read: .*1 such are left out, this is one more"):
        archive.prepare(raw, WIDE, target, max_broken=1)
    archive.prepare(raw, WIDE, target, max_broken=2)
    opened = Faces.open(target, "all")
    assert np.allclose(opened.pictures[..., 2].mean(axis=(1, 2)), 10 * np.arange(10), atol=2)
    assert list(opened.table["file"]) == [name for name in archive.names(12) if name not in ("000005.jpg", "000010.jpg")]
    told = capsys.readouterr().err
    assert "left out: img_align_celeba/000005.jpg: " in told
    assert "left out: img_align_celeba/000010.jpg: " in told


def test_picture_that_the_table_names_and_the_archive_lacks_is_named(raw, target):
    for table in (raw / celeba.ATTRIBUTE_TABLE, raw / celeba.SPLIT_TABLE):
        table.write_text(table.read_text().replace("000012.jpg", "000013.jpg"))
    with pytest.raises(UserError, match=r"has no img_align_celeba/000013.jpg, which list_attr_celeba.txt names"):
        archive.prepare(raw, WIDE, target)


def test_each_core_has_one_thread_of_its_own(tmp_path, target, monkeypatch):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(20)])
    monkeypatch.setattr(cache, "BLOCK", 2)
    monkeypatch.setattr(cache.os, "cpu_count", lambda: 3)
    seen, read = set(), cache.decode.rgb
    monkeypatch.setattr(cache.decode, "rgb", lambda *data: (seen.add((threading.get_ident(), torch.get_num_threads())), read(*data))[1])
    archive.prepare(raw, WIDE, target)
    assert 1 <= len(seen) <= 3
    assert {count for _, count in seen} == {1}


def slow_build(raw, target):
    """A build that makes each block safe at once, and takes its time."""
    cache.BLOCK, cache.SYNC = 4, 1
    read = cache.decode.rgb
    cache.decode.rgb = lambda *data: (time.sleep(0.02), read(*data))[1]
    archive.prepare(raw, WIDE, target)


def test_killed_build_leaves_another_name_and_the_next_goes_on_where_it_was(tmp_path, target, monkeypatch):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(120)])
    archive.prepare(raw, WIDE, tmp_path / "whole.npy")
    builder = multiprocessing.get_context("spawn").Process(target=slow_build, args=(raw, target))
    builder.start()
    journal = target.with_name(".wide64.json")
    while not journal.exists():
        assert builder.is_alive()
        time.sleep(0.01)
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()
    builder.close()
    assert not target.exists()

    decoded = []
    read = cache.decode.rgb
    monkeypatch.setattr(cache.decode, "rgb", lambda *data: (decoded.append(1), read(*data))[1])
    archive.prepare(raw, WIDE, target)
    assert 0 < len(decoded) < 120
    for suffix in (".npy", ".parquet"):
        assert target.with_suffix(suffix).read_bytes() == (tmp_path / "whole").with_suffix(suffix).read_bytes()
    assert not journal.exists()


def test_half_built_cache_of_other_pictures_is_not_gone_on_with(tmp_path, target, monkeypatch):
    monkeypatch.setattr(cache, "BLOCK", 4)
    monkeypatch.setattr(cache, "SYNC", 1)
    pictures = [archive.jpeg(archive.picture(i)) for i in range(20)]
    broken = archive.write(tmp_path / "broken", [*pictures[:19], b"no jpeg"])
    with pytest.raises(UserError, match=r"000020.jpg"):
        archive.prepare(broken, WIDE, target)
    assert target.with_name(".wide64.json").exists()
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(200 - i)) for i in range(20)])
    archive.prepare(raw, WIDE, target)
    assert np.allclose(np.load(target)[..., 2].mean(axis=(1, 2)), 200 - np.arange(20), atol=2)


def test_photographs_become_what_pillow_makes_of_them_but_for_rounding(celeba_folder, target):
    archive.prepare(celeba_folder, WIDE, target, images=20)
    opened = Faces.open(target, "all")
    with ZipFile(celeba_folder / celeba.ARCHIVE) as photographs:
        for row, name in enumerate(opened.table["file"]):
            with photographs.open(f"{celeba.FOLDER}/{name}") as file:
                expected = Image.open(file).convert("RGB").crop((0, 20, 178, 198)).resize((64, 64), Image.Resampling.BILINEAR)
            assert np.allclose(opened.pictures[row], np.asarray(expected), rtol=0, atol=1)
