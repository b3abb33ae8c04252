"""The typed view of params.yaml: the only reader of that file, and where overrides and the blocks of shorter scales are resolved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field

from ganlib.curve import settings as curve
from ganlib.data import settings as data_settings
from ganlib.data.crop import Crop
from ganlib.data.settings import DataSettings
from ganlib.models import registry
from ganlib.models.report import Report
from ganlib.support import checks
from ganlib.support.checks import FILE
from ganlib.support.errors import UserError
from ganlib.support.types import Block, Count, Fraction, Latent, Positive, Precision, Scale

GROUPS = ("reports", "baselines")
SHORTER = [scale for scale in get_args(Scale) if scale != "full"]  # scales with a block of their own in each report


class Overrides(Block):
    """Top-level values that replace those of all reports with such a setting; None keeps each report's own."""

    lr_g: Positive | None
    lr_d: Positive | None
    beta1: Fraction | None
    batch_size: Annotated[int, Field(ge=2)] | None
    epochs: Count | None
    latent: Latent | None


class Numerics(Block):
    """How numbers are computed, which changes them."""

    precision: Precision
    compile: bool


class Params(Overrides, DataSettings):
    """The whole of params.yaml; reports and baselines are resolved for the chosen data set's scale and the overrides."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    log_every: Count
    attributes: list[str]
    numerics: Numerics
    reports: dict[str, Report]
    baselines: dict[str, Report]
    curve: curve.Settings

    def report(self, name: str) -> Report:
        """The resolved settings of one report or baseline, or a UserError that names those there are."""
        trained = {**self.reports, **self.baselines}
        return trained[checks.known(name, trained, "reports")]


def load(path: Path = FILE) -> Params:
    """Read and check the file; a UserError names the file, the key, its value and what is allowed."""
    raw = checks.mapping(checks.read(path), "the file")

    datasets = data_settings.validated(raw)
    groups = {group: checks.mapping(raw.get(group), group) for group in GROUPS}
    # Without the reports first: their blocks can only be resolved once the data set and the overrides are known to be sound.
    params = checks.validate(Params, {**raw, "datasets": datasets, **{group: {} for group in GROUPS}}, "")
    data_settings.check_choice(params)
    for attribute in params.attributes if params.data.attributes else ():
        checks.known(attribute, params.data.attributes, "attributes")
    given = _overrides(params) | params.numerics.model_dump()
    resolved = {
        group: {name: _resolve(f"{group}.{name}", name, block, params.data.scale, given) for name, block in blocks.items()}
        for group, blocks in groups.items()
    }
    for group, found in resolved.items():
        for name, report in found.items():
            _fits(f"{group}.{name}", name, report, params.crops)
    return params.model_copy(update=resolved)


def own(name: str, path: Path = FILE) -> Mapping[str, Any]:
    """The block of a report or baseline as it stands in the file: its own settings at full scale, without any override."""
    raw = checks.read(path)
    return {**raw["reports"], **raw["baselines"]}[name]


class Origin:
    """The file as trials start from it: each report at the chosen data set's scale, without the overrides."""

    def __init__(self, path: Path = FILE) -> None:
        raw, self.params = checks.read(path), load(path)
        self.blocks = {**raw["reports"], **raw["baselines"], "curve": raw["curve"]}

    def resolve(self, name: str, changes: Mapping[str, Any], where: str, file: Path) -> Report | curve.Settings:
        """The report or demo `name` with `changes`, which come before its own values and those of its block for the scale.

        A mistake in `changes` is a UserError that names `file` and the key below `where`.
        """
        own = dict(self.blocks[checks.known(name, self.blocks, f"{where}.report", file)])
        shorter = {scale: own.pop(scale, None) or {} for scale in SHORTER}
        if name == "curve":
            return checks.validate(curve.Settings, {**own, **changes}, where, file)
        values = {**own, **shorter.get(self.params.data.scale, {}), **changes, **self.params.numerics.model_dump()}
        report = checks.validate(registry.settings_of(name), values, where, file)
        _fits(where, name, report, self.params.crops, file)
        return report


def idle_overrides(name: str, path: Path = FILE) -> list[str]:
    """The overrides that change nothing for the report `name`, each with the reason, in a line."""
    params, block = load(path), own(name, path)
    resolved = {**block, **(block.get(params.data.scale) or {})}
    fields = type(params.report(name)).model_fields
    idle = []
    for key, value in _overrides(params).items():
        if key not in fields:
            idle.append(f"{key}: {name} has no such setting, and trains as it would without")
        elif resolved[key] == value:
            idle.append(f"{key}: {checks.shown(value)} is {name}'s own value, and it trains as it would without")
    return idle


def _overrides(params: Params) -> dict[str, Any]:
    """Those that are not blank."""
    return {key: value for key in Overrides.model_fields if (value := getattr(params, key)) is not None}


def _resolve(key: str, name: str, block: Any, scale: str, given: Mapping[str, Any]) -> Report:
    kind = registry.settings_of(checks.known(name, registry.names(), key.partition(".")[0]))
    own = dict(checks.mapping(block, key))
    if scale in SHORTER and scale not in own:
        raise UserError(f"{FILE}: {key}.{scale}: missing, and the chosen data set's scale is {scale}: add the block or change the scale")
    shorter = {other: checks.mapping(own.pop(other, None) or {}, f"{key}.{other}") for other in SHORTER}
    for set_elsewhere in Numerics.model_fields:
        if any(set_elsewhere in values for values in (own, *shorter.values())):
            raise UserError(f"{FILE}: {key}.{set_elsewhere}: unknown key; it belongs under numerics, for all")
    checks.validate(kind, own, key)
    for other, values in shorter.items():
        checks.validate(kind, {**own, **values}, f"{key}.{other}")
    chosen = {**own, **shorter.get(scale, {})}
    return checks.validate(kind, {**chosen, **{name: value for name, value in given.items() if name in kind.model_fields}}, key)


def _fits(key: str, name: str, report: Report, crops: Mapping[str, Crop], file: Path = FILE) -> None:
    crop = crops[checks.known(report.crop, crops, f"{key}.crop", file)]
    if crop.size != report.size:
        fitting = checks.listed(key for key, other in crops.items() if other.size == report.size)
        raise UserError(
            f"{file}: {key}.crop: {report.crop} makes {crop.size}x{crop.size} pictures and {name} takes"
            f" {report.size}x{report.size}: one of {fitting}"
        )
