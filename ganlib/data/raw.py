"""A downloaded data set, independent of its layout."""

from dataclasses import dataclass

import pandas as pd

from ganlib.data.archive import Archive
from ganlib.support.errors import UserError


@dataclass(frozen=True)
class Raw:
    """Pictures in a zip and their table: row i of `table` (`file`, `split`, attributes as int8) describes the entry `members[i]`."""

    pictures: Archive
    table: pd.DataFrame
    members: list[str]

    def require(self, count: int, dataset: str) -> None:
        """Raise a UserError if there are fewer than `count` pictures."""
        if len(self.table) < count:
            raise UserError(
                f"{self.pictures.path} holds {len(self.table):,} pictures, and {count:,} are needed; lower"
                f" datasets.{dataset}.images, or add pictures to the source and run `dvc repro -f -s download`"
            )
