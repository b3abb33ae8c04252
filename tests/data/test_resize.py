import numpy as np
from PIL import Image

from ganlib import params
from ganlib.data import resize
from ganlib.data.crop import Centre, Crop
from ganlib.data.resize import squares
from ganlib.fetch import toons
from tests.data import archive

WIDE = Crop(left=0, top=20, right=178, bottom=198, size=64)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def test_crop_is_pillows_own_crop_and_bilinear_resize_but_for_rounding():
    image = toons.render(toons.describe(1, 1)).convert("RGB")
    for crop in params.load().crops.values():
        expected = image.crop((crop.left, crop.top, crop.right, crop.bottom)).resize((crop.size, crop.size), Image.Resampling.BILINEAR)
        difference = np.abs(next(squares([pixels(image)], crop, crop.size))[0].astype(int) - pixels(expected))
        assert difference.max() <= 1
        assert difference.mean() < 0.01


def test_pictures_of_many_sizes_come_in_their_order_and_as_each_would_alone(monkeypatch):
    monkeypatch.setattr(resize, "TOGETHER", 3 * 40 * 30 * 2)  # two of the smaller ones
    pictures = [
        pixels(archive.picture(10 * number, size)) for number, size in enumerate([(40, 30)] * 3 + [(60, 80)] * 2 + [(40, 30), (5, 1)])
    ]
    found = [*squares(iter(pictures), Centre(), 16)]
    assert [len(some) for some in found] == [2, 1, 1, 1, 1, 1]
    alone = [next(squares([picture], Centre(), 16))[0] for picture in pictures]
    assert np.array_equal(np.concatenate(found), alone)


def test_picture_of_another_size_is_cropped_by_the_same_box_in_proportion():
    small, large = (next(squares([pixels(archive.picture(100, size))], WIDE, 64)).astype(int) for size in ((178, 218), (534, 654)))
    assert abs(small - large).max() <= 3
