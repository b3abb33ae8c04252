from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from ganlib import params
from ganlib.data import celeba, faces
from ganlib.data.crop import Crop
from ganlib.data.faces import Faces
from ganlib.errors import UserError
from tests.data import archive

WIDE = Crop(left=0, top=20, right=178, bottom=198, size=64)


@pytest.fixture
def raw(tmp_path):
    held = {"Black_Hair": [0, 3, 6], "Blond_Hair": [1, 6], "Eyeglasses": [1, 2]}
    return archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(10 * i)) for i in range(12)], held)


@pytest.fixture
def cache(raw, tmp_path):
    faces.build(raw, WIDE, None, tmp_path / "wide64.npy")
    return tmp_path / "wide64.npy"


def test_crop_is_pillows_own_crop_and_bilinear_resize():
    image = archive.picture(100)
    for crop in params.load().crops.values():
        expected = image.crop((crop.left, crop.top, crop.right, crop.bottom)).resize((crop.size, crop.size), Image.Resampling.BILINEAR)
        assert np.array_equal(crop.apply(np.asarray(image)), np.asarray(expected).transpose(2, 0, 1))


def test_boxes_are_those_of_the_reports():
    boxes = {(c.left, c.top, c.right, c.bottom, c.size) for c in params.load().crops.values()}
    assert boxes == {(33, 33, 145, 185, 112), (0, 20, 178, 198, 64), (25, 50, 153, 178, 64), (35, 55, 143, 163, 56)}


def test_picture_of_another_size_is_cropped_by_the_same_box_in_proportion():
    small, large = (WIDE.apply(np.asarray(archive.picture(100, size))).astype(int) for size in ((178, 218), (534, 654)))
    assert abs(small - large).max() <= 3


def test_cache_holds_every_picture_in_the_tables_order(cache):
    pictures = np.load(cache, mmap_mode="r")
    assert (pictures.shape, pictures.dtype) == ((12, 3, 64, 64), np.uint8)
    assert np.allclose(pictures[:, 2].mean(axis=(1, 2)), 10 * np.arange(12), atol=2)


def test_equal_archives_give_equal_bytes(raw, cache, tmp_path):
    faces.build(raw, WIDE, None, tmp_path / "again.npy")
    assert (tmp_path / "again.npy").read_bytes() == cache.read_bytes()
    assert (tmp_path / "again.parquet").read_bytes() == cache.with_suffix(".parquet").read_bytes()


def test_fewer_images_are_spread_over_the_archive(raw, tmp_path):
    faces.build(raw, WIDE, 4, tmp_path / "few.npy")
    assert list(Faces.open(tmp_path / "few.npy", "all").table["file"]) == ["000001.jpg", "000004.jpg", "000007.jpg", "000010.jpg"]


def test_more_images_than_there_are_is_one_line(raw, tmp_path):
    with pytest.raises(UserError, match="13 asked for"):
        faces.build(raw, WIDE, 13, tmp_path / "more.npy")


@pytest.mark.parametrize(("split", "expected"), [("train", [0, 3, 6, 9]), ("valid", [1, 4, 7, 10]), ("all", list(range(12)))])
def test_split_chooses_rows_of_pictures_and_table_alike(cache, split, expected):
    opened = Faces.open(cache, split)
    assert len(opened) == len(expected)
    assert np.allclose(opened[np.arange(len(opened))][:, 2].mean(axis=(1, 2)), [10 * i for i in expected], atol=2)
    assert list(opened.table["file"]) == [f"{i + 1:06d}.jpg" for i in expected]


def test_condition_is_the_one_attribute_that_holds_and_zero_for_none_or_several(cache):
    groups = {"hair": ["Black_Hair", "Blond_Hair"], "eyes": ["Eyeglasses"]}
    conditions = Faces.open(cache, "all").conditions(groups)
    assert conditions.tolist() == [[1, 0], [2, 1], [0, 1], [1, 0], [0, 0], [0, 0], [0, 0]] + [[0, 0]] * 5


def test_unknown_attribute_of_a_condition_is_named(cache):
    with pytest.raises(UserError, match=r"conditions.eyes: the pictures have no attribute 'Eyeglases', did you mean 'Eyeglasses'"):
        Faces.open(cache, "all").conditions({"eyes": ["Eyeglases"]})


@pytest.mark.parametrize("data", [b"no jpeg", archive.jpeg(archive.picture(0))[:200]])
def test_broken_picture_is_named_and_no_cache_is_left(tmp_path, data):
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(i)) for i in range(10)] + [data])
    with pytest.raises(UserError, match=r"000011.jpg is no readable JPEG"):
        faces.build(raw, WIDE, None, tmp_path / "faces" / "wide64.npy")
    assert list((tmp_path / "faces").iterdir()) == []


def test_picture_that_the_table_names_and_the_archive_lacks_is_named(raw, tmp_path):
    table, splits = raw / celeba.ATTRIBUTE_TABLE, raw / celeba.SPLIT_TABLE
    table.write_text(table.read_text().replace("000012.jpg", "000013.jpg"))
    splits.write_text(splits.read_text().replace("000012.jpg", "000013.jpg"))
    with pytest.raises(UserError, match=r"has no img_align_celeba/000013.jpg, which list_attr_celeba.txt names"):
        faces.build(raw, WIDE, None, tmp_path / "wide64.npy")


def test_photographs_decode_to_pillows_own_pixels(celeba_folder, tmp_path):
    faces.build(celeba_folder, WIDE, 20, tmp_path / "photos.npy")
    opened = Faces.open(tmp_path / "photos.npy", "all")
    with ZipFile(celeba_folder / celeba.ARCHIVE) as photographs:
        for row, name in enumerate(opened.table["file"]):
            with photographs.open(f"{celeba.FOLDER}/{name}") as file:
                expected = Image.open(file).convert("RGB").crop((0, 20, 178, 198)).resize((64, 64), Image.Resampling.BILINEAR)
            assert np.array_equal(opened.pictures[row], np.asarray(expected).transpose(2, 0, 1))
