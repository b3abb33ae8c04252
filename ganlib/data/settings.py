"""The settings of params.yaml that concern pictures: data sets, the selected one, and crops."""

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
    """The part of params.yaml that `download`, `prepare` and `reference` read."""

    dataset: str
    protocol: Protocol
    datasets: Annotated[dict[str, Dataset], Field(min_length=1)]
    crops: Annotated[dict[str, Crop], Field(min_length=1)]

    @property
    def data(self) -> Dataset:
        """The block of the selected data set."""
        return self.datasets[self.dataset]

    def crop(self, name: str) -> Crop:
        """The crop `name`. Raises a UserError that lists all crops if it does not exist."""
        return self.crops[checks.known(name, self.crops, "crops")]


def load(path: Path = FILE) -> DataSettings:
    """Read and validate these keys only, so that a change of any other never affects the stages that read them."""
    raw = checks.mapping(checks.read(path), "the file")
    values = {name: raw[name] for name in DataSettings.model_fields if name in raw}
    settings = checks.validate(DataSettings, {**values, "datasets": validated(raw)}, "")
    check_choice(settings)
    return settings


def validated(raw: Mapping[str, Any]) -> dict[str, Dataset]:
    """The blocks of `datasets`, each validated as its kind."""
    return {name: _dataset(name, block) for name, block in checks.mapping(raw.get("datasets"), "datasets").items()}


def check_choice(settings: DataSettings) -> None:
    """Raise a UserError unless `dataset` is the name of a block."""
    checks.known(settings.dataset, settings.datasets, "dataset")


def _dataset(name: str, block: Any) -> Dataset:
    key = f"datasets.{name}"
    kind = str(checks.mapping(block, key).get("kind"))
    if kind not in KINDS:  # without a kind the other keys cannot be validated
        block = {name: value for name, value in block.items() if name in AnyDataset.model_fields}
        checks.validate(AnyDataset, block, key)  # raises
    return checks.validate(KINDS[kind], block, key)
