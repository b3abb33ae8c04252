"""The command that writes a hand-in. Slow imports are inside the function, to keep --help fast."""

from pathlib import Path
from typing import Annotated

import typer

from ganlib.cli import outputs
from ganlib.cli.options import Force, Output, Revision, RunName
from ganlib.support import paths
from ganlib.support.errors import UserError


def handin(
    run: RunName,
    output: Output = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Your own text, in Markdown, for the top of the page.", show_default=False)
    ] = None,
    with_photographs: Annotated[
        bool, typer.Option("--with-photographs", help="Include training pictures even if they are CelebA's photographs.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Commit whose params.yaml has the report's settings. Default: where your branch left origin's, or HEAD.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="BEFORE", help="Show an experiment, a commit or another run beside this one.", show_default=False),
    ] = None,
    rev: Revision = None,
    force: Force = False,
) -> None:
    """Write a zip about one run to hand in.

    It contains a page that prints to PDF on A4: the pictures of seeds 1 to 64, 8 interpolations, the 8 nearest training pictures, losses,
    scores, changed settings, the commands that make the run again, hashes and versions. The files are beside it. Default PATH:
    exports/<report>/handin.zip.

    \b
    Examples:
      ganlib handin dcgan64 --notes report.md
      ganlib handin dcgan64 --rev my-experiment --compare HEAD -o experiment.zip
    """
    if run == "curve":
        raise UserError("curve: draws no pictures, so there is nothing to hand in; `ganlib page` shows its results")
    from ganlib.use import runs

    found = runs.find(run, rev)
    path = output or paths.exports(found.name) / "handin.zip"
    outputs.check_suffix(path, ".zip")
    outputs.refuse_overwrite(path, force)
    text = _read_text(notes) if notes else ""

    typer.echo(f"collecting the results of {found.name}", err=True)
    from ganlib.handin import archive

    with outputs.writing(path):
        remarks = archive.write(found, path, notes=text, with_photographs=with_photographs, since=since, before=compare)
    for remark in remarks:
        typer.echo(f"note: {remark}", err=True)
    typer.echo(f"{path}: hand-in of {found.name}; unpack it to print {path.stem}/index.html to PDF")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--notes {path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8 text'}") from None
