"""Which of our own files a file imports, read from their text without running any: what dvc.yaml must list, and what a checkpoint is of."""

import ast
from collections.abc import Collection, Iterator
from hashlib import blake2b
from pathlib import Path

PACKAGES = ("ganlib", "stages")

# Files and folders that cannot change what a stage leaves, and why; what only they import is excused with them. dvc.yaml need not list
# them, and a run that was cut off goes on after their edit.
EXCUSED = {
    "ganlib/__init__.py": "loads a trained generator for who asks, and no stage does",
    "ganlib/curve/__init__.py": "a docstring",
    "ganlib/data/__init__.py": "a docstring",
    "ganlib/fidelity/__init__.py": "a docstring",
    "ganlib/nets/__init__.py": "a docstring",
    "ganlib/objectives/__init__.py": "a docstring",
    "ganlib/page/__init__.py": "a docstring",
    "ganlib/training/__init__.py": "a docstring",
    "stages/__init__.py": "starts a stage from the command line",
    "ganlib/checks.py": "refuses values and changes none",
    "ganlib/cores.py": "how many threads do the same work",
    "ganlib/disk.py": "asks whether there is room, before anything is written",
    "ganlib/errors.py": "the words of an error",
    "ganlib/files.py": "gives a file its name once it is complete, whatever is in it",
    "ganlib/imports.py": "names the code that is compared, and changes no result itself",
    "ganlib/launch.py": "how processes come together; what they then do is in ganlib/team.py",
    "ganlib/locks.py": "makes one process wait for another",
    "ganlib/studies/__init__.py": "a docstring",
    "ganlib/paths.py": "where files lie, which dvc.yaml says too: where the two differ, DVC finds nothing and says so",
    "ganlib/studies/places.py": "likewise",
    "ganlib/progress.py": "bars and notes on the terminal",
    "ganlib/settings.py": "likewise",
    "ganlib/training/pace.py": "when a run is saved; it then goes on to the same bytes",
    "ganlib/training/interruption.py": "when a run stops; it then goes on to the same bytes",
}

# The same for single stages. All read params.yaml through ganlib/params.py, which knows every kind of block.
EXCUSED_FROM = {
    "check": {
        "ganlib/data/archive.py": "imported to open what was downloaded, and it opens nothing",
        "ganlib/data/folder.py": "likewise",
        "ganlib/data/raw.py": "likewise",
        "ganlib/curve/nets.py": "imported by settings that build nets, and it builds none",
        "ganlib/nets": "likewise",
        "ganlib/objectives": "likewise",
        "ganlib/streams.py": "likewise",
    },
    "download": {
        "ganlib/params.py": "hands it values of one block as they are in the file",
        "ganlib/data/decode.py": "looks whether some of the pictures can be read, and changes none",
        "ganlib/data/faces.py": "chooses which pictures are looked at",
        "ganlib/data/transfer.py": "carries bytes, whose number and checksum are compared with the source's",
    },
    "prepare": {
        "ganlib/params.py": "hands it values of two blocks as they are in the file",
        "ganlib/curve": "it has a crop and a data set, and no report",
        "ganlib/reports": "likewise",
        "ganlib/data/copies.py": "brings what `download` brings",
        "ganlib/data/transfer.py": "likewise",
    },
    "reference": {"ganlib/params.py": "hands it values of one block as they are in the file"},
    "train": {
        "ganlib/data/crop.py": "checks the block `crops`; the pictures are cut already",
        "ganlib/data/dataset.py": "checks the block `datasets`; the pictures are there already",
        "ganlib/curve": "another system's block, which is only checked",
    },
    "evaluate": {
        "ganlib/data/crop.py": "checks the block `crops`; the pictures are cut already",
        "ganlib/data/dataset.py": "checks the block `datasets`; the pictures are there already",
        "ganlib/curve": "another system's block, which is only checked",
        "ganlib/objectives": "imported by settings that train, and it trains nothing",
    },
    "section": {
        "ganlib/data": "checks the blocks `crops` and `datasets`; the pictures are drawn already",
        "ganlib/curve": "another system's block, which is only checked",
        "ganlib/nets": "imported by settings that build nets, and it builds none",
        "ganlib/objectives": "likewise",
        "ganlib/streams.py": "likewise",
    },
    "compare": {
        "ganlib/data": "checks the blocks `crops` and `datasets`; of a data set the page names its kind, scale and size",
        "ganlib/curve": "the demo's block, which is only checked",
        "ganlib/nets": "imported by settings that build nets, and it builds none",
        "ganlib/objectives": "likewise",
        "ganlib/streams.py": "likewise",
    },
    "trial": {
        "ganlib/params.py": "names the data set; the settings stand in the trial's own file",
        "ganlib/data/crop.py": "imported by it",
        "ganlib/data/dataset.py": "likewise",
    },
    "score": {
        "ganlib/params.py": "names the data set; the settings stand in the trial's own file",
        "ganlib/data/crop.py": "imported by it",
        "ganlib/data/dataset.py": "likewise",
        "ganlib/objectives": "imported by settings that train, and it trains nothing",
        "ganlib/curve": "the demo's figures are of its own training",
    },
    "study": {
        "ganlib/params.py": "names the data set, and resolves trials that have run already",
        "ganlib/curve": "likewise",
        "ganlib/data": "likewise",
        "ganlib/reports": "likewise",
        "ganlib/nets": "imported by settings that build nets, and it builds none",
        "ganlib/objectives": "likewise",
        "ganlib/streams.py": "likewise",
        "ganlib/studies/words.py": "says the verdict on the terminal",
    },
    "noise": {
        "ganlib/params.py": "names the data set, and resolves trials that have run already",
        "ganlib/curve": "likewise",
        "ganlib/data": "likewise",
        "ganlib/reports": "likewise",
        "ganlib/nets": "imported by settings that build nets, and it builds none",
        "ganlib/objectives": "likewise",
        "ganlib/streams.py": "likewise",
    },
    "curve": {
        "ganlib/params.py": "hands it its own block as it is in the file",
        "ganlib/reports/__init__.py": "finds the reports' folders, and the demo is not one of them",
    },
}


def closure(file: Path, root: Path, excused: Collection[str] = ()) -> set[Path]:
    """`file` and all files of the checkout `root` that it imports, itself or through others; every path is relative to `root`.

    Imports inside functions count; those below `if TYPE_CHECKING:` do not, and neither does a module whose name is put together at run
    time. A package's __init__.py counts with each of its modules. `excused` are files and folders that are left out and not followed.
    """
    walls = {Path(path) for path in excused}
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one not in found and walls.isdisjoint((one, *one.parents)):
            found.add(one)
            waiting += _imported(one, root)
    return found


def sources(stage: str, report: str | None, root: Path) -> list[Path]:
    """The code that can change what a stage leaves (of `report`, where it is of one), sorted: all of its closure that is not excused.

    The modules of the report's own folder are found by its name at run time, so each is a start of its own.
    """
    folder = root / "ganlib" / "reports" / (report or "")
    starts = [Path("stages", f"{stage}.py"), *(path.relative_to(root) for path in (folder.glob("*.py") if report else ()))]
    excused = [*EXCUSED, *EXCUSED_FROM.get(stage, ())]
    return sorted(set().union(*(closure(start, root, excused) for start in starts)))


def digest(stage: str, report: str | None, root: Path, also: Collection[str] = ()) -> str:
    """Of the names and contents of `sources`, and of the files `also`."""
    found = blake2b()
    for file in [*sources(stage, report, root), *map(Path, also)]:
        content = (root / file).read_bytes()
        found.update(f"{file} {len(content)}\n".encode() + content)
    return found.hexdigest()


def _imported(file: Path, root: Path) -> Iterator[Path]:
    """The files that one file's own import statements run."""
    package = file.parent.parts
    modules = [package]
    for node in _running(ast.parse((root / file).read_bytes())):
        match node:
            case ast.Import():
                modules += [tuple(alias.name.split(".")) for alias in node.names]
            case ast.ImportFrom():
                above = package[: len(package) + 1 - node.level] if node.level else ()
                module = above + tuple(node.module.split(".") if node.module else ())
                modules += [module, *((*module, alias.name) for alias in node.names)]  # each name is a module, or something inside one
    for module in modules:
        if module and module[0] in PACKAGES:
            for length in range(1, len(module) + 1):
                part = Path(*module[:length])
                yield from (path for path in (part.with_suffix(".py"), part / "__init__.py") if (root / path).is_file())


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that a run may come to: all but those below `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(tree):
        for_types = isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for node in child.orelse if for_types else [child]:
            yield node
            yield from _running(node)
