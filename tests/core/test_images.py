"""Pictures brought to another size."""

import numpy as np
import torch

from ganlib.core.images import resized
from ganlib.data.crop import Centre
from ganlib.data.resize import squares
from tests.data import archive


def test_fakes_are_resized_like_the_crops_up_to_rounding():
    picture = np.asarray(archive.picture(40, (112, 112)).convert("RGB"))
    ours = resized(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None], 56)[0].permute(1, 2, 0).numpy()
    (theirs,) = next(squares([picture], Centre(), 56))
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert ours.std() > 20


def test_pictures_of_the_requested_size_are_unchanged():
    pictures = torch.randint(256, (2, 3, 8, 8), dtype=torch.uint8)
    assert resized(pictures, 8) is pictures
