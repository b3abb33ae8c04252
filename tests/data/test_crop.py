import numpy as np
import pytest
from PIL import Image

from ganlib import params
from ganlib.data.crop import Box, Centre, Crop, square
from tests.data import archive

WIDE = Crop(left=0, top=20, right=178, bottom=198, size=64)


def rgbx(image):
    return np.asarray(image.convert("RGBX"))


def test_crop_is_pillows_own_crop_and_bilinear_resize():
    image = archive.picture(100)
    for crop in params.load().crops.values():
        edges = (crop.left, crop.top, crop.right, crop.bottom)
        expected = image.crop(edges).resize((crop.size, crop.size), Image.Resampling.BILINEAR)
        assert np.array_equal(square(rgbx(image), crop.edges(178, 218), crop.size), np.asarray(expected))


def test_boxes_are_those_of_the_reports():
    boxes = {(c.left, c.top, c.right, c.bottom, c.size) for c in params.load().crops.values()}
    assert boxes == {(33, 33, 145, 185, 112), (0, 20, 178, 198, 64), (25, 50, 153, 178, 64), (35, 55, 143, 163, 56)}


def test_picture_of_another_size_is_cropped_by_the_same_box_in_proportion():
    small, large = (square(rgbx(archive.picture(100, size)), WIDE.edges(*size), 64).astype(int) for size in ((178, 218), (534, 654)))
    assert abs(small - large).max() <= 3


@pytest.mark.parametrize(
    ("size", "edges"), [((100, 100), (0, 0, 100, 100)), ((300, 100), (100, 0, 200, 100)), ((7, 10), (0, 1, 7, 8)), ((1, 1), (0, 0, 1, 1))]
)
def test_centre_is_the_middle_square(size, edges):
    assert Centre().edges(*size) == edges


def test_box_takes_the_same_shares_of_pictures_of_any_size():
    box = Box(left=0.25, top=0.0, right=0.75, bottom=0.5)
    assert [box.edges(*size) for size in ((200, 100), (4, 2), (1, 1))] == [(50, 0, 150, 50), (1, 0, 3, 1), (0, 0, 1, 1)]
