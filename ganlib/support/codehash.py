"""Static import closure: which of our files a stage or a checkpoint depends on, read from their import statements."""

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

from ganlib.support.errors import UserError

PACKAGES = ("ganlib", "stages")
SUPPORT = Path("ganlib/support")  # cannot change a result, so nothing depends on it


def closure(starts: Iterable[str | Path], root: Path) -> list[Path]:
    """The files `starts` and all that they import, directly or indirectly; sorted, relative to the checkout `root`.

    Imports inside functions count; those under `if TYPE_CHECKING:` and modules whose name is built at run time do not. Leaves out
    `ganlib/support` and every `__init__.py`: they have no code, except for `ganlib.load`, which no stage calls.
    """
    found: set[Path] = set()
    waiting = [Path(start) for start in starts]
    while waiting:
        file = waiting.pop()
        if file not in found and SUPPORT not in file.parents and file.name != "__init__.py":
            found.add(file)
            waiting += _imported(root, file, (root / file).read_bytes())
    return sorted(found)


def report_files(name: str, root: Path) -> list[Path]:
    """The modules of a report, which are imported by name at run time."""
    return [path.relative_to(root) for path in sorted((root / "ganlib" / "reports" / name).glob("*.py"))]


def check_imports(name: str, allowed: Collection[str], root: Path) -> None:
    """Raise a UserError if a report imports the code of another, except from `allowed`: its stages do not depend on that folder."""
    for file in closure(report_files(name, root), root):
        if file.parts[:2] == ("ganlib", "reports") and file.parts[2] not in (name, *allowed):
            raise UserError(
                f"ganlib/reports/{name}: imports {file.as_posix()}, whose edits would not make {name} stale: copy that code into"
                f" ganlib/reports/{name}, or move it to ganlib/models"
            )


def digest(files: Iterable[Path], root: Path) -> str:
    """Hash of the names and contents of `files`."""
    found = blake2b()
    for file in files:
        content = (root / file).read_bytes()
        found.update(f"{file.as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


@cache
def _imported(root: Path, file: Path, content: bytes) -> tuple[Path, ...]:
    """The files that the import statements of one file name."""
    package = file.parent.parts
    modules: list[tuple[str, ...]] = []
    for node in _runtime_nodes(ast.parse(content)):
        match node:
            case ast.Import():
                modules += [tuple(alias.name.split(".")) for alias in node.names]
            case ast.ImportFrom():
                above = package[: len(package) + 1 - node.level] if node.level else ()
                module = above + tuple(node.module.split(".") if node.module else ())
                modules += [module, *((*module, alias.name) for alias in node.names)]  # a name may be a module or an attribute
    candidates = (Path(*module).with_suffix(".py") for module in modules if module[0] in PACKAGES)
    return tuple(path for path in candidates if (root / path).is_file())


def _runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node except those under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _runtime_nodes(ast.Module(child.orelse, []))
        else:
            yield child
            yield from _runtime_nodes(child)
