"""What params.yaml says of pictures: the data sets, the chosen one, and the crops."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ganlib.data.crop import Crop
from ganlib.data.dataset import KINDS, AnyDataset, Dataset
from ganlib.support import checks
from ganlib.support.checks import FILE
from ganlib.support.types import Block, Protocol


class DataSettings(Block):
    """The part of params.yaml that the stages on real pictures read."""

    dataset: str
    protocol: Protocol
    datasets: Annotated[dict[str, Dataset], Field(min_length=1)]
    crops: Annotated[dict[str, Crop], Field(min_length=1)]

    @property
    def data(self) -> Dataset:
        """The block of the chosen data set."""
        return self.datasets[self.dataset]

    def crop(self, name: str) -> Crop:
        """One crop, or a UserError that names those there are."""
        return self.crops[checks.known(name, self.crops, "crops")]


def load(path: Path = FILE) -> DataSettings:
    """Read and check these keys alone; a UserError names the file, the key, its value and what is allowed."""
    raw = checks.mapping(checks.read(path), "the file")
    values = {name: raw[name] for name in DataSettings.model_fields if name in raw}
    settings = checks.validate(DataSettings, {**values, "datasets": validated(raw)}, "")
    check_choice(settings)
    return settings


def validated(raw: Mapping[str, Any]) -> dict[str, Dataset]:
    """The blocks of `datasets`, each checked as its kind."""
    return {name: _dataset(name, block) for name, block in checks.mapping(raw.get("datasets"), "datasets").items()}


def check_choice(settings: DataSettings) -> None:
    """A UserError unless `dataset` names one of the blocks."""
    checks.known(settings.dataset, settings.datasets, "dataset")


def _dataset(name: str, block: Any) -> Dataset:
    key = f"datasets.{name}"
    kind = checks.mapping(block, key).get("kind")
    if not isinstance(kind, str) or kind not in KINDS:  # what the other keys may be depends on the kind
        block = {name: value for name, value in block.items() if name in AnyDataset.model_fields}
        return checks.validate(AnyDataset, block, key)
    return checks.validate(KINDS[kind], block, key)
