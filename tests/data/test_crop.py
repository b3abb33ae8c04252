import pytest

from ganlib import params
from ganlib.data.crop import Box, Centre, Crop


def test_boxes_equal_those_in_the_reports():
    boxes = {(c.left, c.top, c.right, c.bottom, c.size) for c in params.load().crops.values()}
    assert boxes == {(33, 33, 145, 185, 112), (0, 20, 178, 198, 64), (25, 50, 153, 178, 64), (35, 55, 143, 163, 56)}


@pytest.mark.parametrize(
    ("size", "edges"), [((100, 100), (0, 0, 100, 100)), ((300, 100), (100, 0, 200, 100)), ((7, 10), (0, 1, 7, 8)), ((1, 1), (0, 0, 1, 1))]
)
def test_centre_is_the_middle_square(size, edges):
    assert Centre().edges(*size) == edges


def test_box_takes_the_same_shares_of_pictures_of_any_size():
    box = Box(left=0.25, top=0.0, right=0.75, bottom=0.5)
    assert [box.edges(*size) for size in ((200, 100), (4, 2), (1, 1))] == [(50, 0, 150, 50), (1, 0, 3, 1), (0, 0, 1, 1)]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (178, 218)])
def test_narrow_box_keeps_a_pixel_of_the_smallest_picture(size):
    left, top, right, bottom = Crop(left=100, top=120, right=101, bottom=121, size=64).edges(*size)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
