"""The typed view of params.yaml. No other module reads that file; overrides and the blocks of smaller scales are resolved here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field

from ganlib.curve import settings as curve
from ganlib.data import settings as data_settings
from ganlib.data.crop import Crop
from ganlib.data.dataset import Dataset
from ganlib.data.settings import DataSettings
from ganlib.models import registry
from ganlib.models.report import Report, Seeds
from ganlib.support import checks
from ganlib.support.checks import FILE as FILE
from ganlib.support.errors import UserError
from ganlib.support.types import Block, Count, Fraction, Latent, Positive, Precision, Scale, Seed

GROUPS = ("reports", "baselines")
SHORTER = [scale for scale in get_args(Scale) if scale != "full"]  # scales with a block in each report
PHOTOGRAPHS = "photographs"  # a block in that of a scale, for data sets that are not drawn


class Overrides(Block):
    """Top-level values that replace those of all reports with such a setting; None keeps each report's value."""

    lr_g: Positive | None
    lr_d: Positive | None
    beta1: Fraction | None
    batch_size: Annotated[int, Field(ge=2)] | None
    epochs: Count | None
    latent: Latent | None


class Numerics(Block):
    """How numbers are computed, which changes results."""

    precision: Precision
    compile: bool
    threads: Count | None


class Params(Overrides, DataSettings):
    """All of params.yaml, with reports and baselines resolved for the data set's scale and the overrides."""

    seed: Seed
    seeds: Seeds = Seeds()  # missing in files of earlier versions
    log_every: Count
    attributes: list[str]
    numerics: Numerics
    reports: dict[str, Report]
    baselines: dict[str, Report]
    curve: curve.Settings

    def report(self, name: str) -> Report:
        """The resolved settings of a report or baseline; a UserError lists the known names."""
        trained = {**self.reports, **self.baselines}
        return trained[checks.known(name, trained, "reports")]


def load(path: Path = FILE) -> Params:
    """Read and validate the file; a UserError names the file, the key, its value and what is allowed."""
    raw = checks.mapping(checks.read(path), "the file")

    datasets = data_settings.validated(raw)
    groups = {group: checks.mapping(raw.get(group), group) for group in GROUPS}
    # Without reports first: their blocks are resolved with the data set's scale and the overrides, which must be valid.
    params = checks.validate(Params, {**raw, "datasets": datasets, **{group: {} for group in GROUPS}}, "")
    data_settings.check_choice(params)
    for attribute in params.attributes if params.data.attributes else ():
        checks.known(attribute, params.data.attributes or (), "attributes")
    common = _overrides(params) | params.numerics.model_dump()
    common |= {} if params.seeds == Seeds() else {"seeds": params.seeds}
    resolved = {
        group: {name: _resolve(f"{group}.{name}", name, block, params.data, common) for name, block in blocks.items()}
        for group, blocks in groups.items()
    }
    for group, reports in resolved.items():
        for name, report in reports.items():
            _check_crop(f"{group}.{name}", name, report, params.crops)
    return params.model_copy(update=resolved)


def own(name: str, path: Path = FILE) -> dict[str, Any]:
    """The block of a report or baseline in the file: its settings at full scale, before overrides."""
    raw = checks.read(path)
    return dict({**raw["reports"], **raw["baselines"]}[name])


class Origin:
    """What the trials of a study start from: each report at the data set's scale, before overrides."""

    def __init__(self, path: Path = FILE) -> None:
        raw, self.params = checks.read(path), load(path)
        self.blocks = {**raw["reports"], **raw["baselines"], "curve": raw["curve"]}

    def resolve(self, name: str, changes: Mapping[str, Any], where: str, file: Path) -> Report | curve.Settings:
        """The report or demo `name` with `changes`, which take precedence over its block and that of the scale.

        An error in `changes` is a UserError that names `file` and the key below `where`.
        """
        block = self.blocks[checks.known(name, self.blocks, f"{where}.report", file)]
        if name == "curve":
            return checks.validate(curve.Settings, {**block, **changes}, where, file)
        values = {**_at_scale(block, where, self.params.data), **changes, **self.params.numerics.model_dump()}
        report = checks.validate(registry.settings_of(name), values, where, file)
        _check_crop(where, name, report, self.params.crops, file)
        return report


def scaled_rates(report: Report) -> list[str]:
    """A line with the learning rates that training uses, if `rate_scale` makes them differ from those in the settings."""
    if report.rate_scale == 1:
        return []
    rates = {key: rate for key, rate in report.model_dump().items() if key.startswith("lr_")}
    return [", ".join(f"{key} {rate:g} x rate_scale {report.rate_scale:g} = {rate * report.rate_scale:g}" for key, rate in rates.items())]


def block_of(name: str, setting: str, path: Path = FILE) -> str:
    """The key of the block that sets `setting` of a report for the chosen data set, such as "reports.dense64.preview.photographs".

    Top-level overrides are ignored.
    """
    raw, data = checks.read(path), data_settings.load(path).data
    place = found = f"{next(group for group in GROUPS if name in raw[group])}.{name}"
    block = own(name, path)
    for part in (data.scale, *([] if data.drawn else [PHOTOGRAPHS])):
        block, place = block.get(part) or {}, f"{place}.{part}"
        found = place if setting in block else found
    return found


def rates_of_smaller_scales(name: str, path: Path = FILE) -> list[str]:
    """A line for each learning rate that the chosen scale's block replaces, so that the value in the report's block has no effect."""
    params = load(path)
    rates = {key: rate for key, rate in params.report(name).model_dump().items() if key.startswith("lr_") and key not in _overrides(params)}
    blocks = {key: block_of(name, key, path) for key in rates}
    return [f"{key}: {rates[key]:g} is from {block}.{key}" for key, block in blocks.items() if block.count(".") > 1]


def no_op_overrides(name: str, path: Path = FILE) -> list[str]:
    """A line for each override that has no effect on the report `name`."""
    params = load(path)
    without_overrides = _at_scale(own(name, path), name, params.data)
    fields = type(params.report(name)).model_fields
    lines = []
    for key, value in _overrides(params).items():
        if key not in fields:
            lines.append(f"{key}: {name} has no such setting; the override has no effect")
        elif without_overrides[key] == value:
            lines.append(f"{key}: {name} already uses {checks.shown(value)}; the override has no effect")
    return lines


def _overrides(params: Params) -> dict[str, Any]:
    """The overrides that are not blank."""
    return {key: value for key in Overrides.model_fields if (value := getattr(params, key)) is not None}


def _resolve(key: str, name: str, block: Any, data: Dataset, common: Mapping[str, Any]) -> Report:
    kind = registry.settings_of(checks.known(name, registry.names(), key.partition(".")[0]))
    full, shorter = _divided(block, key)
    if data.scale in SHORTER and data.scale not in shorter:
        raise UserError(
            f"{FILE}: {key}.{data.scale}: missing, and the chosen data set's scale is {data.scale}: add the block or change the scale"
        )
    for elsewhere in Numerics.model_fields:
        if any(elsewhere in values for values in (full, *shorter.values())):
            raise UserError(f"{FILE}: {key}.{elsewhere}: unknown key; it belongs under numerics, for all")
    checks.validate(kind, full, key)
    for path, values in shorter.items():
        checks.validate(kind, {**full, **values}, f"{key}.{path}")
    return checks.validate(
        kind, _at_scale(block, key, data) | {name: value for name, value in common.items() if name in kind.model_fields}, key
    )


def _divided(block: Any, key: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """A report's values at full scale, and those that replace them, by the path of their block: "preview", "preview.photographs", ..."""
    full, shorter = dict(checks.mapping(block, key)), dict[str, dict[str, Any]]()
    for scale in SHORTER:
        if scale in full:
            drawn = dict(checks.mapping(full.pop(scale) or {}, f"{key}.{scale}"))
            other = checks.mapping(drawn.pop(PHOTOGRAPHS, None) or {}, f"{key}.{scale}.{PHOTOGRAPHS}")
            shorter |= {scale: drawn, f"{scale}.{PHOTOGRAPHS}": {**drawn, **other}}
    return full, shorter


def _at_scale(block: Any, key: str, data: Dataset) -> dict[str, Any]:
    """A report's values at the scale and for the pictures of `data`."""
    full, shorter = _divided(block, key)
    return {**full, **shorter.get(data.scale if data.drawn else f"{data.scale}.{PHOTOGRAPHS}", {})}


def _check_crop(key: str, name: str, report: Report, crops: Mapping[str, Crop], file: Path = FILE) -> None:
    crop = crops[checks.known(report.crop, crops, f"{key}.crop", file)]
    if crop.size != report.size:
        fitting = checks.listed(key for key, other in crops.items() if other.size == report.size)
        raise UserError(
            f"{file}: {key}.crop: {report.crop} makes {crop.size}x{crop.size} pictures and {name} takes"
            f" {report.size}x{report.size}: one of {fitting}"
        )
