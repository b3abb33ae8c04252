"""The blocks of `datasets` in params.yaml: where pictures come from and how they are used. Each kind has its own keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ganlib.data import celeba, folder
from ganlib.data.archive import Archive
from ganlib.data.crop import Box, Centre, Crop, Region
from ganlib.data.raw import Raw
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.support.types import Block, Scale, Split

DRIVE = "drive"  # CelebA's authors' Google Drive
FEWEST_SAMPLES = 6  # density needs more than its five nearest neighbours


def _none_if_blank(source: str | None) -> str | None:
    """None for blanks, as from `-S datasets.own.source=`: an empty path would be the checkout."""
    if source is None or not source.strip():
        return None
    try:
        Path(source).expanduser()
    except RuntimeError:
        raise ValueError(f"{source!r}: there is no user {Path(source).parts[0][1:]}; your own home folder is ~/") from None
    return source


Source = Annotated[str | None, AfterValidator(_none_if_blank)]
Broken = Annotated[int, Field(ge=0)]  # number of unreadable pictures to skip


class AnyDataset(Block):
    """The keys that all kinds have in common."""

    kind: Literal["toons", "celeba", "folder"]
    images: Annotated[int, Field(ge=10)] | None
    split: Split
    scale: Scale
    samples: Annotated[int, Field(ge=FEWEST_SAMPLES)]

    def read_by_download(self) -> dict[str, Any]:
        """The values that the stage `download` depends on. It only checks `images`."""
        return self.model_dump(include={"kind", "source"})

    def read_by_prepare(self) -> dict[str, Any]:
        """The values that the stage `prepare` depends on."""
        return self.model_dump(include={"kind", "images", "box", "max_broken"})

    def local_source(self) -> Path | None:
        """The folder or zip on the disk that the pictures come from; None if they are drawn or downloaded."""
        return None

    def checked_source(self, name: str) -> Path | None:
        """The same; a UserError if it does not exist."""
        place = self.local_source()
        if place and not place.exists():
            where = f"params.yaml: datasets.{name}.source: {place}"
            raise UserError(f"{where} does not exist; relative paths start from {paths.home()}")
        return place

    @property
    def drawn(self) -> bool:
        """Whether the pictures are drawings, not photographs; the user's pictures count as photographs."""
        return self.kind == "toons"

    @property
    def needed(self) -> int:
        """The minimum number of pictures."""
        return self.images or 1

    @property
    def attributes(self) -> tuple[str, ...] | None:
        """The names of the pictures' attributes; None if only their table knows."""
        return celeba.ATTRIBUTES

    def region(self, crop: Crop) -> Region:
        """The region that `crop` takes from these pictures."""
        return crop

    @contextmanager
    def open_raw(self, place: Path) -> Iterator[Raw]:
        """Open what the stage `download` wrote to the folder `place`."""
        with Archive(place / celeba.ARCHIVE) as pictures:
            yield celeba.read(pictures, place)


class Toons(AnyDataset):
    """Drawn faces, with or without the finish of photographs."""

    kind: Literal["toons"]
    finish: bool
    max_broken: ClassVar[int] = 0

    @model_validator(mode="after")
    def _images_is_set(self) -> Self:
        if self.images is None:
            raise ValueError("images is blank; drawn faces need a number")
        return self

    def read_by_download(self) -> dict[str, Any]:
        return self.model_dump(include={"kind", "images", "finish"})


class Celeba(AnyDataset):
    """CelebA, or a subset."""

    kind: Literal["celeba"]
    source: Source
    max_broken: Broken

    def local_source(self) -> Path | None:
        return None if self.source == DRIVE else paths.local(self.source)

    @property
    def needed(self) -> int:
        return self.images or celeba.COUNT


class Folder(AnyDataset):
    """The user's own pictures."""

    kind: Literal["folder"]
    source: Source
    box: Box | None
    max_broken: Broken

    def local_source(self) -> Path | None:
        return paths.local(self.source)

    def checked_source(self, name: str) -> Path | None:
        place = super().checked_source(name)
        if place and paths.home().resolve().is_relative_to(place.resolve()):
            raise UserError(
                f"params.yaml: datasets.{name}.source: {place} holds ganlib's checkout, whose pictures would be among yours: name the"
                " folder of yours alone"
            )
        if place and place.is_dir():
            folder.files(place)  # DVC cannot follow what this refuses
        return place

    @property
    def attributes(self) -> None:
        return None

    def region(self, crop: Crop) -> Region:
        """The block's `box`, or the centred square; the box of `crop` is for CelebA's layout."""
        return self.box or Centre()

    @contextmanager
    def open_raw(self, place: Path) -> Iterator[Raw]:
        with Archive(place / folder.ARCHIVE) as pictures:
            yield folder.read(pictures, place)


KINDS: dict[str, type[Toons | Celeba | Folder]] = {"toons": Toons, "celeba": Celeba, "folder": Folder}
Dataset = Annotated[Toons | Celeba | Folder, Field(discriminator="kind")]
