"""A stage fails with one line if what it depends on is missing, or is edited while it runs, since DVC records it as it is at the end."""

import subprocess
import sys
from pathlib import Path

import pytest

STAGE = """
from pathlib import Path
from ganlib.support.command import run

def main(edited: str) -> None:
    if edited:
        Path(edited).write_text(Path(edited).read_text() + "# edited\\n")

def reads(edited: str) -> str:
    return Path("params.yaml").read_text()

if __name__ == "__main__":
    run(main, reads)
"""
AGAIN = "was edited while this ran, so the results are of the {} before: run again\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one stage; ganlib's code is copied, to be edited."""
    for file in ("support/command.py", "support/errors.py", "support/loggers.py", "core/used.py", "core/unused.py", "__init__.py"):
        (tmp_path / "ganlib" / file).parent.mkdir(parents=True, exist_ok=True)
    for file in (Path(__file__).parents[2] / "ganlib" / "support").glob("*.py"):
        (tmp_path / "ganlib" / "support" / file.name).write_bytes(file.read_bytes())
    for name in ("used", "unused"):
        (tmp_path / "ganlib" / "core" / f"{name}.py").touch()
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "one.py").write_text(STAGE.replace("run\n\ndef", "run\nimport ganlib.core.used\n\ndef", 1), encoding="utf-8")
    (tmp_path / "params.yaml").write_text("seed: 1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ("", ""),
        ("ganlib/core/used.py", f"error: ganlib/core/used.py: {AGAIN.format('code')}"),
        ("stages/one.py", f"error: stages/one.py: {AGAIN.format('code')}"),
        ("params.yaml", f"error: params.yaml: {AGAIN.format('values')}"),
        ("data/faces", "error: data/faces: missing: an earlier stage writes it; `ganlib repro` runs the stages that are needed\n"),
        ("ganlib/core/unused.py", ""),
        ("ganlib/support/errors.py", ""),
    ],
)
def test_stage_fails_if_what_it_depends_on_is_missing_or_was_edited_meanwhile(checkout: Path, edited: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stages.one", edited],
        cwd=checkout,
        env={"PYTHONPATH": str(checkout)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stderr, done.returncode) == (said, bool(said))
