"""A block of `datasets`: where its pictures come from and how much of the work is done on them. Each kind has keys of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ganlib.data import celeba, folder
from ganlib.data.archive import open_archive
from ganlib.data.crop import Box, Centre, Crop, Region
from ganlib.data.raw import Raw
from ganlib.support.types import Block, Scale, Split

FEWEST_SAMPLES = 6  # more than density's five nearest neighbours

Broken = Annotated[int, Field(ge=0)]  # pictures that cannot be read and are left out


class AnyDataset(Block):
    """What a block of every kind has; those below are the kinds."""

    kind: Literal["toons", "celeba", "folder"]
    images: Annotated[int, Field(ge=10)] | None
    split: Split
    scale: Scale
    samples: Annotated[int, Field(ge=FEWEST_SAMPLES)]

    def read_by_download(self) -> dict[str, Any]:
        """What of this block the stage `download` depends on. How many pictures there must be is only checked there."""
        return self.model_dump(include={"kind", "source"})

    def read_by_prepare(self) -> dict[str, Any]:
        """What of this block the stage `prepare` depends on."""
        return self.model_dump(include={"kind", "images", "box", "max_broken"})

    @property
    def needed(self) -> int:
        """So many pictures must there be at the least."""
        return self.images or 1

    @property
    def attributes(self) -> tuple[str, ...] | None:
        """The names that the pictures' table has; None where only the table tells."""
        return celeba.ATTRIBUTES

    def region(self, crop: Crop) -> Region:
        """What CROP cuts out of these pictures: its own box in CelebA's layout."""
        return crop

    @contextmanager
    def open_raw(self, place: Path) -> Iterator[Raw]:
        """What the stage `download` left in the folder `place`, in CelebA's layout."""
        with open_archive(place / celeba.ARCHIVE) as pictures:
            yield celeba.read(pictures, place)


class Toons(AnyDataset):
    """Faces that are drawn, with a photograph's finish or flat."""

    kind: Literal["toons"]
    finish: bool
    max_broken: ClassVar[int] = 0

    @model_validator(mode="after")
    def _has_a_number(self) -> Self:
        if self.images is None:
            raise ValueError("images is blank, and drawn faces need a number")
        return self

    def read_by_download(self) -> dict[str, Any]:
        return self.model_dump(include={"kind", "images", "finish"})


class Celeba(AnyDataset):
    """CelebA, or a part of it."""

    kind: Literal["celeba"]
    source: str | None
    max_broken: Broken

    @property
    def needed(self) -> int:
        return self.images or celeba.COUNT


class Folder(AnyDataset):
    """A person's own pictures."""

    kind: Literal["folder"]
    source: str | None
    box: Box | None
    max_broken: Broken

    @property
    def attributes(self) -> None:
        return None

    def region(self, crop: Crop) -> Region:
        """Whatever CROP's box: the block's own, or the middle square."""
        return self.box or Centre()

    @contextmanager
    def open_raw(self, place: Path) -> Iterator[Raw]:
        with open_archive(place / folder.ARCHIVE) as pictures:
            yield folder.read(pictures, place)


KINDS = {"toons": Toons, "celeba": Celeba, "folder": Folder}
Dataset = Annotated[Toons | Celeba | Folder, Field(discriminator="kind")]
