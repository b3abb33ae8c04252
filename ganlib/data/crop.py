"""What is cut out of a picture."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ganlib.data.celeba import HEIGHT, WIDTH
from ganlib.settings import Settings

Edges = tuple[int, int, int, int]  # left, top, right, bottom in pixels, PIL order
Share = Annotated[float, Field(ge=0, le=1)]


class Crop(Settings):
    """Box edges in pixels of the 178x218 picture, PIL order; `size` is the edge of the square."""

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
        """The box on a picture of this size, in proportion where it is not 178x218."""
        return (
            round(self.left * width / WIDTH),
            round(self.top * height / HEIGHT),
            round(self.right * width / WIDTH),
            round(self.bottom * height / HEIGHT),
        )


class Box(Settings):
    """Box edges as shares of a picture's width and height, so that one box fits pictures of many sizes."""

    left: Share
    top: Share
    right: Share
    bottom: Share

    @model_validator(mode="after")
    def _box_has_an_inside(self) -> Self:
        _check_inside(self)
        return self

    def edges(self, width: int, height: int) -> Edges:
        """The box on a picture of this size; never less than a pixel."""
        left, top = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        return left, top, max(round(self.right * width), left + 1), max(round(self.bottom * height), top + 1)


class Centre(Settings):
    """The largest square in a picture's middle."""

    def edges(self, width: int, height: int) -> Edges:
        """The square on a picture of this size."""
        size = min(width, height)
        left, top = (width - size) // 2, (height - size) // 2
        return left, top, left + size, top + size


Region = Crop | Box | Centre


def _check_inside(box: Crop | Box) -> None:
    if box.left >= box.right or box.top >= box.bottom:
        raise ValueError(f"the box ({box.left}, {box.top}, {box.right}, {box.bottom}) is empty: left < right and top < bottom")
