"""Crop regions."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ganlib.data.celeba import HEIGHT, WIDTH
from ganlib.support.types import Block

Edges = tuple[int, int, int, int]  # left, top, right, bottom in pixels, PIL order
Share = Annotated[float, Field(ge=0, le=1)]


class Crop(Block):
    """A box in pixels of CelebA's 178x218 pictures; the crop is resized to `size` x `size`."""

    left: Annotated[int, Field(ge=0, lt=WIDTH)]
    top: Annotated[int, Field(ge=0, lt=HEIGHT)]
    right: Annotated[int, Field(gt=0, le=WIDTH)]
    bottom: Annotated[int, Field(gt=0, le=HEIGHT)]
    size: Annotated[int, Field(ge=8, le=512)]

    @model_validator(mode="after")
    def _box_has_an_inside(self) -> Self:
        _check_inside(self)
        return self

    def edges(self, width: int, height: int) -> Edges:
        """The box on a picture of this size, scaled in proportion; at least one pixel."""
        left, right = (round(edge * width / WIDTH) for edge in (self.left, self.right))
        top, bottom = (round(edge * height / HEIGHT) for edge in (self.top, self.bottom))
        return _at_least_a_pixel(left, top, right, bottom, width, height)


class Box(Block):
    """A box in shares of a picture's width and height, for pictures of different sizes."""

    left: Share
    top: Share
    right: Share
    bottom: Share

    @model_validator(mode="after")
    def _box_has_an_inside(self) -> Self:
        _check_inside(self)
        return self

    def edges(self, width: int, height: int) -> Edges:
        """The box on a picture of this size; at least one pixel."""
        left, top = int(self.left * width), int(self.top * height)
        return _at_least_a_pixel(left, top, round(self.right * width), round(self.bottom * height), width, height)


class Centre(Block):
    """The largest centred square."""

    def edges(self, width: int, height: int) -> Edges:
        """The square on a picture of this size."""
        size = min(width, height)
        left, top = (width - size) // 2, (height - size) // 2
        return left, top, left + size, top + size


Region = Crop | Box | Centre


def _at_least_a_pixel(left: int, top: int, right: int, bottom: int, width: int, height: int) -> Edges:
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _check_inside(box: Crop | Box) -> None:
    if box.left >= box.right or box.top >= box.bottom:
        raise ValueError(f"the box ({box.left}, {box.top}, {box.right}, {box.bottom}) is empty: left < right and top < bottom")
