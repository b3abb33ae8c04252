"""A trained generator as a user names it: a report, a folder or a file; in the workspace or at a revision."""

from dataclasses import dataclass
from pathlib import Path

from ganlib import params
from ganlib.models import registry
from ganlib.models.report import Report
from ganlib.support import paths
from ganlib.support.errors import UserError, suggestion
from ganlib.support.locks import locked_if_free
from ganlib.use.sources import Revision, Source, Workspace

FILES = ("generator.safetensors", "model.safetensors")  # of a run, and of a repository of models


@dataclass(frozen=True)
class Run:
    """A generator's file, the report that it is of and its settings, and the checkout that it came from.

    `whole` is true where it is what a training in that checkout ended with, so that scores and other nets there are of the same run.
    """

    file: Path
    name: str
    settings: Report
    checkout: Source
    whole: bool

    def get(self, path: Path) -> Path | None:
        """A file or folder that the checkout has of the run; None where there is no such thing, or neither cache nor remote hold it."""
        try:
            return self.checkout.get(path) if self.whole else None
        except UserError:
            return None

    @property
    def given(self) -> dict[str, list[str]]:
        """The values of each condition by its row number, the unspecified one first."""
        return {group: ["unspecified", *attributes] for group, attributes in self.settings.condition_groups.items()}


def find(run: str, revision: str | None = None) -> Run:
    """The run named `run` in the workspace or at `revision`; a UserError says what is wrong with the name or the file."""
    path = paths.outputs(run).run if run in registry.names() else Path(run)
    if revision:
        checkout: Source = Revision(revision)
        file = _file(path, checkout)
        if file is None:
            raise UserError(f"{path}: there is no such generator at {revision}")
    else:
        checkout = Workspace(_root(path.absolute()))
        file = _file(path, Workspace(Path()))
        if file is None:
            raise UserError(_absent(run, path))
    net, name, settings = registry.read_header(file)
    if net != "generator":
        raise UserError(f"{file}: is a {net}, not a generator")
    whole = checkout.root / paths.outputs(name).run / FILES[0] == file.absolute()
    return Run(file, name, settings, checkout, whole)


def _root(path: Path) -> Path:
    """The checkout in whose data/runs/<report> an absolute path lies, if it lies in one."""
    folder = path.parent if path.suffix == ".safetensors" else path
    return folder.parents[2] if len(folder.parts) > 3 else Path()


def _file(path: Path, source: Source) -> Path | None:
    """The generator's file in the folder `path`, or which is `path`; None where nothing is there."""
    for name in FILES:
        if file := source.get(path / name):
            return file
    found = source.get(path)
    if found and found.is_dir():
        raise UserError(f"{path}: holds no {' or '.join(FILES)}")
    return found


def _absent(run: str, path: Path) -> str:
    """Why there is nothing at `path`: a name that is none, or a training that goes on, was cut off or never began."""
    if run not in registry.names():
        return (
            f"{run}: no report, folder or file of that name{suggestion(run, registry.names())}; reports are {', '.join(registry.names())}"
        )
    if not params.FILE.exists():
        return f"{path}: not here; run from ganlib's checkout, or name the folder that holds the generator"
    unfinished = [folder for folder in paths.checkpoints().glob(f"{run}-*") if not (folder / "finished").exists()]
    for folder in unfinished:
        with locked_if_free(folder) as free:
            if not free:
                return f"{path}: {run} is still training; its generator is there when that has ended"
    stage = "baselines/dvc.yaml:baseline" if run in params.load().baselines else "evaluate"
    action = "its training was interrupted; resume it with" if unfinished else "not trained yet; train it with"
    return f"{path}: {action} `dvc repro {stage}@{run}`"
