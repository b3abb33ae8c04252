"""A trained generator as a user names it: a report, a folder or a file; in the workspace or at a revision."""

from dataclasses import dataclass
from pathlib import Path

from ganlib import params
from ganlib.models import registry
from ganlib.models.report import Report
from ganlib.support import console, paths
from ganlib.support.checks import FILE
from ganlib.support.errors import UserError, suggestion
from ganlib.support.locks import locked_if_free
from ganlib.use.revisions import Checkout, Revision, Workspace

FILES = ("generator.safetensors", "model.safetensors")  # in a run's folder, and in a model repository
PRETRAINED = Path(__file__).parent / "pretrained"
"""The generators that ganlib ships, laid out as a checkout. `python -m benchmarks.pretrained` makes it."""


@dataclass(frozen=True)
class Run:
    """A generator's file, its report and settings, and the checkout that it came from.

    `in_checkout`: the file is the final generator of its report there, so that the scores and the other nets there belong to it.
    """

    file: Path
    name: str
    settings: Report
    checkout: Checkout
    in_checkout: bool

    def get(self, path: Path) -> Path | None:
        """A file or folder of the run's checkout; None if the run is of no checkout, or if neither DVC's cache nor a remote has it."""
        try:
            return self.checkout.get(path) if self.in_checkout else None
        except UserError:
            return None

    @property
    def condition_values(self) -> dict[str, list[str]]:
        """The values of each condition by row number; the first is "unspecified"."""
        return {group: ["unspecified", *attributes] for group, attributes in self.settings.condition_groups.items()}


def find(run: str, revision: str | None = None, *, pretrained: bool = False) -> Run:
    """The run named `run`, in the workspace or at `revision`; a UserError says what is wrong with the name or the file.

    With `pretrained`, a report that is not trained yet is the pretrained generator of that name, if there is one; a line on stderr says so.
    """
    path = paths.outputs(run).run if run in registry.names() else Path(run)
    if revision:
        checkout: Checkout = Revision(revision)
        file = _file(path, checkout)
        if file is None:
            raise UserError(f"{path}: no such generator at {revision}")
    else:
        checkout = Workspace(_root(path.absolute()))
        file = _file(path, Workspace(Path()))
        if file is None:
            if above := next((folder for folder in Path.cwd().parents if (folder / FILE).exists() and (folder / path).exists()), None):
                raise UserError(f"{path}: not found; run from {above}")
            missing = _why_missing(run, path)
            checkout = Workspace(PRETRAINED)
            file = _file(paths.outputs(run).run, checkout) if pretrained and run in registry.names() else None
            if file is None:
                raise UserError(missing)
            console.log(f"{missing}. Until then, {run} is the pretrained generator of drawn faces that ganlib comes with")
    net, name, settings = registry.read_header(file)
    if net != "generator":
        raise UserError(f"{file}: is a {net}, not a generator")
    in_checkout = checkout.root / paths.outputs(name).run / FILES[0] == file.absolute()
    return Run(file, name, settings, checkout, in_checkout)


def _root(path: Path) -> Path:
    """The checkout that holds the absolute path <checkout>/data/runs/<report>; meaningless for any other path."""
    folder = path.parent if path.suffix == ".safetensors" else path
    return folder.parents[2] if len(folder.parts) > 3 else Path()


def _file(path: Path, checkout: Checkout) -> Path | None:
    """The generator's file: `path` itself or one in the folder `path`. None if `path` does not exist."""
    for name in FILES:
        if file := checkout.get(path / name):
            return file
    found = checkout.get(path)
    if found and found.is_dir():
        raise UserError(f"{path}: contains no {' or '.join(FILES)}")
    return found


def _why_missing(run: str, path: Path) -> str:
    """Why `path` does not exist: `run` is a misspelt name, or its training is running, was interrupted or has not started."""
    reports = registry.names()
    if run not in reports:
        return f"{run}: no report, folder or file has that name{suggestion(run, reports)}; reports are {', '.join(reports)}"
    if not FILE.exists():
        return f"{path}: not found; run the command in ganlib's checkout, or name the folder that contains the generator"
    unfinished = [folder for folder in paths.checkpoints().glob(f"{run}-*") if not (folder / "finished").exists()]
    for folder in unfinished:
        with locked_if_free(folder) as free:
            if not free:
                return f"{path}: {run} is still training; wait until it has finished"
    command = paths.scoring(run, baseline=run in params.load().baselines)
    action = "training was interrupted; resume it with" if unfinished else "not trained yet; train it with"
    return f"{path}: {action} `{command}`"
