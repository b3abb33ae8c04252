"""A box on CelebA's aligned 178x218 picture, and the square that it becomes."""

from typing import Annotated, Self

import numpy as np
from PIL import Image
from pydantic import Field, model_validator

from ganlib.data.celeba import HEIGHT, WIDTH
from ganlib.settings import Settings


class Crop(Settings):
    """Box edges in pixels of the 178x218 picture, PIL order; `size` is the edge of the square."""

    left: Annotated[int, Field(ge=0, lt=WIDTH)]
    top: Annotated[int, Field(ge=0, lt=HEIGHT)]
    right: Annotated[int, Field(gt=0, le=WIDTH)]
    bottom: Annotated[int, Field(gt=0, le=HEIGHT)]
    size: Annotated[int, Field(ge=8, le=512)]

    @model_validator(mode="after")
    def _box_has_an_inside(self) -> Self:
        if self.left >= self.right or self.top >= self.bottom:
            raise ValueError(f"the box ({self.left}, {self.top}, {self.right}, {self.bottom}) is empty: left < right and top < bottom")
        return self

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """Cut the box out of `picture` (H, W, 3) uint8, in proportion where it is not 178x218, and resize it: (3, size, size) uint8.

        Pillow's bilinear filter, whose support grows with the reduction (antialiasing), as torchvision's Resize has on PIL pictures.
        """
        height, width = picture.shape[:2]
        columns = slice(round(self.left * width / WIDTH), round(self.right * width / WIDTH))
        rows = slice(round(self.top * height / HEIGHT), round(self.bottom * height / HEIGHT))
        square = Image.fromarray(picture[rows, columns]).resize((self.size, self.size), Image.Resampling.BILINEAR)
        return np.asarray(square).transpose(2, 0, 1)
