"""Checks of settings, and the words for a mistake: file, key, value, what is allowed and the nearest name, always in one line."""

import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ganlib.support.errors import UserError, suggestion
from ganlib.support.types import Block

FILE = Path("params.yaml")

Model = TypeVar("Model", bound=Block)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80
_REPR.maxlevel = 2


def read(path: Path) -> Any:
    """What a YAML file says, or a UserError that names the line."""
    try:
        return YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run from the folder that holds it") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    except YAMLError as error:
        raise UserError(f"{path}: {yaml_problem(error)}") from None
    except RecursionError:
        raise UserError(f"{path}: nested too deeply to be settings") from None
    except (ValueError, TypeError, LookupError) as error:  # an impossible date, a number of thousands of digits, a list as a key
        raise UserError(f"{path}: holds a value or a key that YAML does not know: {shown(str(error))}") from None


def validate(kind: type[Model], values: Mapping[str, Any], where: str, file: Path = FILE) -> Model:
    """The block at the key `where`, or a UserError of its first mistake."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    # An unknown key first: where it is a slip, the one that is missing follows from it.
    (first, *_), more = sorted(problems, key=lambda problem: problem["type"] != "extra_forbidden"), len(problems) - 1
    key = ".".join([*([where] if where else []), *map(_key, first["loc"])])
    rest = f" (and {more} more)" if more else ""
    raise UserError(f"{file}: {key}: {_problem(first, kind)}{rest}")


def _problem(problem: Mapping[str, Any], kind: type[Block]) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return f"unknown key{suggestion(str(problem['loc'][-1]), kind.model_fields)}"
        case "missing":
            return "missing; it has no default"
        case "too_short":
            return f"{shown(problem['input'])} is not allowed: must hold {problem['ctx']['min_length']} or more"
        case "too_long":
            return f"{shown(problem['input'])} is not allowed: must hold {problem['ctx']['max_length']} or fewer"
        case "none_required":
            return f"{shown(problem['input'])} is not allowed: must be blank"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            return f"{shown(problem['input'])} is not allowed: {problem['msg'].replace('Input should', 'must')}"


def mapping(value: Any, where: str, file: Path = FILE) -> Mapping[str, Any]:
    """`value`, which must be a mapping."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UserError(f"{file}: {where}: must be a mapping of names to values, and is {shown(value)}")
    return value


def known(name: str, names: Iterable[str], where: str, file: Path = FILE) -> str:
    """`name`, which must be one of `names`."""
    if name not in names:
        raise UserError(f"{file}: {where}: {shown(name)} is unknown{suggestion(name, names)}; one of {listed(names)}")
    return name


def shown(value: Any) -> str:
    """The value in one line and not too long, whatever it is: aliases make a value whose repr would fill the memory."""
    try:
        shown = _REPR.repr(value)
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return "a number of thousands of digits"
    return shown if len(shown) <= 100 else f"{shown[:100]}..."


def _key(part: object) -> str:
    text = str(part)
    return text if text and text.isprintable() and len(text) < 100 else shown(text)


def listed(names: Iterable[str]) -> str:
    """Names in their order, each short."""
    return ", ".join(sorted(map(_key, names)))


def yaml_problem(error: YAMLError) -> str:
    """What is no YAML, and in which line."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {' '.join(str(error.problem).split())}"
    return " ".join(str(error).split())
