"""The typed view of params.yaml: the only reader of that file, and where overrides and `preview` blocks are resolved."""

import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ganlib import reports
from ganlib.curve import settings as curve
from ganlib.data.crop import Crop
from ganlib.data.dataset import KINDS, AnyDataset, Dataset
from ganlib.errors import UserError, suggestion
from ganlib.reports.base import Report
from ganlib.settings import Block, Count, Fraction, Latent, Positive, Precision, Protocol

FILE = Path("params.yaml")
GROUPS = ("reports", "baselines")

Model = TypeVar("Model", bound=Block)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
_REPR.maxlevel = 2


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


class Params(Overrides):
    """The whole of params.yaml; reports and baselines are resolved for the chosen data set's scale and the overrides."""

    dataset: str
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    log_every: Count
    protocol: Protocol
    numerics: Numerics
    datasets: Annotated[dict[str, Dataset], Field(min_length=1)]
    crops: Annotated[dict[str, Crop], Field(min_length=1)]
    reports: dict[str, Report]
    baselines: dict[str, Report]
    curve: curve.Settings

    @property
    def data(self) -> Dataset:
        """The block of the chosen data set."""
        return self.datasets[self.dataset]

    def report(self, name: str) -> Report:
        """The resolved settings of one report or baseline, or a UserError that names those there are."""
        trained = {**self.reports, **self.baselines}
        return trained[_known(name, trained, "reports")]

    def crop(self, name: str) -> Crop:
        """One crop, or a UserError that names those there are."""
        return self.crops[_known(name, self.crops, "crops")]


def load(path: Path = FILE) -> Params:
    """Read and check the file; a UserError names the file, the key, its value and what is allowed."""
    raw = _mapping(_read(path), "the file")

    datasets = {name: _dataset(name, block) for name, block in _mapping(raw.get("datasets"), "datasets").items()}
    groups = {group: _mapping(raw.get(group), group) for group in GROUPS}
    # Without the reports first: their blocks can only be resolved once the data set and the overrides are known to be sound.
    params = _validate(Params, {**raw, "datasets": datasets, **{group: {} for group in GROUPS}}, "")
    _known(params.dataset, params.datasets, "dataset")
    given = _overrides(params) | params.numerics.model_dump()
    resolved = {
        group: {name: _resolve(f"{group}.{name}", name, block, params.data.scale, given) for name, block in blocks.items()}
        for group, blocks in groups.items()
    }
    for group, found in resolved.items():
        for name, report in found.items():
            _fits(f"{group}.{name}", name, report, params.crops)
    return params.model_copy(update=resolved)


def idle_overrides(name: str, path: Path = FILE) -> list[str]:
    """The overrides that change nothing for the report `name`, each with the reason, in a line."""
    raw, params = _read(path), load(path)
    block = {**raw["reports"], **raw["baselines"]}[name]
    own = {**block, **(block.get("preview") or {})} if params.data.scale == "preview" else block
    fields = type(params.report(name)).model_fields
    idle = []
    for key, value in _overrides(params).items():
        if key not in fields:
            idle.append(f"{key}: {name} has no such setting, and trains as it would without")
        elif own[key] == value:
            idle.append(f"{key}: {_shown(value)} is {name}'s own value, and it trains as it would without")
    return idle


def _overrides(params: Params) -> dict[str, Any]:
    """Those that are not blank."""
    return {key: value for key in Overrides.model_fields if (value := getattr(params, key)) is not None}


def _read(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run from the folder that holds it") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    except YAMLError as error:
        raise UserError(f"{path}: {_yaml_problem(error)}") from None
    except RecursionError:
        raise UserError(f"{path}: nested too deeply to be settings") from None
    except (ValueError, TypeError, LookupError) as error:  # an impossible date, a number of thousands of digits, a list as a key
        raise UserError(f"{path}: holds a value or a key that YAML does not know: {_shown(str(error))}") from None


def _dataset(name: str, block: Any) -> Dataset:
    key = f"datasets.{name}"
    kind = _mapping(block, key).get("kind")
    return _validate(KINDS.get(kind, AnyDataset) if isinstance(kind, str) else AnyDataset, block, key)


def _resolve(key: str, name: str, block: Any, scale: str, given: Mapping[str, Any]) -> Report:
    kind = reports.settings_of(_known(name, reports.names(), key.partition(".")[0]))
    own = dict(_mapping(block, key))
    preview = _mapping(own.pop("preview", None) or {}, f"{key}.preview")
    for set_elsewhere in Numerics.model_fields:
        if set_elsewhere in {**own, **preview}:
            raise UserError(f"{FILE}: {key}.{set_elsewhere}: unknown key; it belongs under numerics, for all")
    _validate(kind, own, key)
    _validate(kind, {**own, **preview}, f"{key}.preview")
    chosen = {**own, **preview} if scale == "preview" else own
    return _validate(kind, {**chosen, **{name: value for name, value in given.items() if name in kind.model_fields}}, key)


def _fits(key: str, name: str, report: Report, crops: Mapping[str, Crop]) -> None:
    crop = crops[_known(report.crop, crops, f"{key}.crop")]
    if crop.size != report.size:
        fitting = _listed(key for key, other in crops.items() if other.size == report.size)
        raise UserError(
            f"{FILE}: {key}.crop: {report.crop} makes {crop.size}x{crop.size} pictures and {name} takes"
            f" {report.size}x{report.size}: one of {fitting}"
        )


def _validate(kind: type[Model], values: Mapping[str, Any], where: str) -> Model:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    first, more = problems[0], len(problems) - 1
    key = ".".join([*([where] if where else []), *map(_key, first["loc"])])
    rest = f" (and {more} more)" if more else ""
    raise UserError(f"{FILE}: {key}: {_problem(first, kind)}{rest}")


def _problem(problem: Mapping[str, Any], kind: type[Block]) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return f"unknown key{suggestion(str(problem['loc'][-1]), kind.model_fields)}"
        case "missing":
            return "missing; it has no default"
        case "too_short":
            return f"{_shown(problem['input'])} is not allowed: must hold {problem['ctx']['min_length']} or more"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            return f"{_shown(problem['input'])} is not allowed: {problem['msg'].replace('Input should', 'must')}"


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UserError(f"{FILE}: {where}: must be a mapping of names to values, and is {_shown(value)}")
    return value


def _known(name: str, names: Iterable[str], where: str) -> str:
    if name not in names:
        raise UserError(f"{FILE}: {where}: {_shown(name)} is unknown{suggestion(name, names)}; one of {_listed(names)}")
    return name


def _shown(value: Any) -> str:
    """The value in one line and not too long, whatever it is: aliases make a value whose repr would fill the memory."""
    try:
        shown = _REPR.repr(value)
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return "a number of thousands of digits"
    return shown if len(shown) <= 100 else f"{shown[:100]}..."


def _key(part: object) -> str:
    text = str(part)
    return text if text and text.isprintable() and len(text) < 100 else _shown(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(_key, names)))


def _yaml_problem(error: YAMLError) -> str:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {' '.join(str(error.problem).split())}"
    return " ".join(str(error).split())
