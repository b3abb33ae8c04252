"""Validation of settings. Every error is one line: file, key, value, what is allowed, and the closest name."""

import copy
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
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
    """The value in a YAML file. Raises a UserError that names the line."""
    try:
        return copy.deepcopy(_parsed(path.read_bytes()))
    except FileNotFoundError:
        folder = next((folder for folder in Path.cwd().parents if (folder / path).exists()), "the folder that holds it")
        raise UserError(f"{path}: not found; run from {folder}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    except YAMLError as error:
        raise UserError(f"{path}: {yaml_problem(error)}") from None
    except RecursionError:
        raise UserError(f"{path}: nested too deeply to be settings") from None
    except (ValueError, TypeError, LookupError) as error:  # an impossible date, an integer of thousands of digits, a list as a key
        raise UserError(f"{path}: holds a value or a key that YAML does not know: {shown(str(error))}") from None


@lru_cache(maxsize=8)
def _parsed(content: bytes) -> Any:
    """Parsing is nine tenths of the time of `params.load`, and a command loads the file several times."""
    return YAML(typ="safe").load(content)


def validate(kind: type[Model], values: Mapping[str, Any], where: str, file: Path = FILE) -> Model:
    """The block at the key `where`. Raises a UserError for its first mistake."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    # Unknown keys first: a misspelt key also counts as a missing one.
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
        case "model_type":
            fields = next(block.model_fields for block in _blocks(Block) if block.__name__ == problem["ctx"]["class_name"])
            return f"{shown(problem['input'])} is not allowed: must be a block with the keys {', '.join(fields)}"
        case "none_required":
            return f"{shown(problem['input'])} is not allowed: must be blank"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            return f"{shown(problem['input'])} is not allowed: {problem['msg'].replace('Input should', 'must')}"


def _blocks(kind: type[Block]) -> Iterator[type[Block]]:
    """All kinds of blocks below `kind`."""
    for below in kind.__subclasses__():
        yield below
        yield from _blocks(below)


def mapping(value: Any, where: str, file: Path = FILE) -> Mapping[str, Any]:
    """`value`, if it is a mapping; else raises a UserError."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UserError(f"{file}: {where}: must be a mapping of names to values, and is {shown(value)}")
    return value


def known(name: str, names: Iterable[str], where: str, file: Path = FILE) -> str:
    """`name`, if it is one of `names`; else raises a UserError."""
    if name not in names:
        raise UserError(f"{file}: {where}: {shown(name)} is unknown{suggestion(name, names)}; one of {listed(names)}")
    return name


def shown(value: Any) -> str:
    """`repr(value)` in one line of bounded length. Never builds the full repr: YAML aliases can make it exponentially long."""
    try:
        shown = _REPR.repr(value)
    except ValueError:  # Python does not print integers of more than 4,300 digits
        return "a number of thousands of digits"
    return shown if len(shown) <= 100 else f"{shown[:100]}..."


def _key(part: object) -> str:
    text = str(part)
    return text if text and text.isprintable() and len(text) < 100 else shown(text)


def listed(names: Iterable[str]) -> str:
    """The sorted names, separated by commas."""
    return ", ".join(sorted(map(_key, names)))


def yaml_problem(error: YAMLError) -> str:
    """The problem and its line."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {' '.join(str(error.problem).split())}"
    return " ".join(str(error).split())
