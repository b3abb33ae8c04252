"""What the download stage leaves, in whatever layout, as one thing: pictures in a zip and a table row for row."""

from dataclasses import dataclass

import pandas as pd

from ganlib.data.archive import Archive
from ganlib.support.errors import UserError


@dataclass(frozen=True)
class Raw:
    """The entry `members[i]` of `pictures` is what row i of `table` (`file`, `split`, attributes as int8) is about."""

    pictures: Archive
    table: pd.DataFrame
    members: list[str]

    def require(self, count: int, dataset: str) -> None:
        """A UserError where there are fewer than `count` pictures, as many as the data set's block asks for."""
        if len(self.table) < count:
            raise UserError(
                f"{self.pictures.path} holds {len(self.table):,} pictures, and {count:,} are needed; for a part of them lower"
                f" datasets.{dataset}.images; once the source has more, `dvc repro -f -s download` takes them"
            )
