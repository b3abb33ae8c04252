"""The typed view of params.yaml: the only reader of that file, and where overrides and `preview` blocks are resolved."""

import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ganlib.data.crop import Crop
from ganlib.data.dataset import KINDS, AnyDataset, Dataset
from ganlib.errors import UserError, suggestion
from ganlib.reports import REPORTS, Curve
from ganlib.settings import Block, Count, Fraction, Latent, Positive, Precision, Protocol
from ganlib.system import Report

FILE = Path("params.yaml")

Model = TypeVar("Model", bound=Block)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
_REPR.maxlevel = 2


class Overrides(Block):
    """Top-level values that stand in for those of all five image reports; None keeps each report's own."""

    lr_g: Positive | None
    lr_d: Positive | None
    beta1: Fraction | None
    batch_size: Annotated[int, Field(ge=2)] | None
    epochs: Count | None
    latent: Latent | None
    precision: Precision | None
    compile: bool | None


class Params(Overrides):
    """The whole of params.yaml; its reports are resolved for the chosen data set's scale and the overrides."""

    dataset: str
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    log_every: Count
    checkpoint_every: Count
    protocol: Protocol
    datasets: Annotated[dict[str, Dataset], Field(min_length=1)]
    crops: Annotated[dict[str, Crop], Field(min_length=1)]
    reports: dict[str, Report]
    curve: Curve

    @property
    def data(self) -> Dataset:
        """The block of the chosen data set."""
        return self.datasets[self.dataset]

    def report(self, name: str) -> Report:
        """The resolved settings of one report, or a UserError that names those there are."""
        return self.reports[_known(name, self.reports, "reports")]

    def crop(self, name: str) -> Crop:
        """One crop, or a UserError that names those there are."""
        return self.crops[_known(name, self.crops, "crops")]


def load(path: Path = FILE) -> Params:
    """Read and check the file; a UserError names the file, the key, what stands there and what is allowed."""
    raw = _mapping(_read(path), "the file")

    datasets = {name: _dataset(name, block) for name, block in _mapping(raw.get("datasets"), "datasets").items()}
    reports = _mapping(raw.get("reports"), "reports")
    # Without the reports first: their blocks can only be resolved once the data set and the overrides are known to be sound.
    params = _validate(Params, {**raw, "datasets": datasets, "reports": {}}, "")
    _known(params.dataset, params.datasets, "dataset")
    overrides = {key: getattr(params, key) for key in Overrides.model_fields}
    resolved = {name: _resolve(name, block, params.data.scale, overrides) for name, block in reports.items()}
    for name, report in resolved.items():
        _fits(name, report, params.crops)
    return params.model_copy(update={"reports": resolved})


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
    except (ValueError, TypeError, LookupError) as error:  # a date that is none, a number of thousands of digits, a list as a key
        raise UserError(f"{path}: holds a value or a key that YAML does not know: {_shown(str(error))}") from None


def _dataset(name: str, block: Any) -> Dataset:
    key = f"datasets.{name}"
    kind = _mapping(block, key).get("kind")
    return _validate(KINDS.get(kind, AnyDataset) if isinstance(kind, str) else AnyDataset, block, key)


def _resolve(name: str, block: Any, scale: str, overrides: Mapping[str, Any]) -> Report:
    key = f"reports.{name}"
    kind = REPORTS[_known(name, REPORTS, "reports")]
    own = dict(_mapping(block, key))
    preview = _mapping(own.pop("preview", None) or {}, f"{key}.preview")
    report = _validate(kind, own, key)
    previewed = _validate(kind, {**own, **preview}, f"{key}.preview")
    chosen = {**own, **preview} if scale == "preview" else own
    given = {name: value for name, value in overrides.items() if value is not None}
    if given:
        return _validate(kind, {**chosen, **given}, key)
    return previewed if scale == "preview" else report


def _fits(name: str, report: Report, crops: Mapping[str, Crop]) -> None:
    crop = crops[_known(report.crop, crops, f"reports.{name}.crop")]
    if crop.size != report.size:
        fitting = _listed(key for key, other in crops.items() if other.size == report.size)
        raise UserError(
            f"{FILE}: reports.{name}.crop: {report.crop} makes {crop.size}x{crop.size} pictures and {name} takes"
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
