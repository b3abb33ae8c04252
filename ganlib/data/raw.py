"""What the download stage leaves, in either layout, as one thing: pictures in a zip and a table row for row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ganlib.data import archive, celeba, folder
from ganlib.data.archive import Archive


@dataclass(frozen=True)
class Raw:
    """The entry `members[i]` of `pictures` is what row i of `table` (`file`, `split`, attributes as int8) is about."""

    pictures: Archive
    table: pd.DataFrame
    members: list[str]


@contextmanager
def opened(place: Path, kind: str) -> Iterator[Raw]:
    """The data set in data/raw/<dataset>, of a `kind` of params.yaml."""
    layout = folder if kind == "folder" else celeba
    with archive.opened(place / layout.ARCHIVE) as pictures:
        yield Raw(pictures, *layout.rows(pictures, place))
