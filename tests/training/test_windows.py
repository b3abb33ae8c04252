"""A training, a resumed training and a sample without the names that Windows lacks."""

import pytest

from tests.conftest import python
from tests.training import children, small

HIDE = """
import os, signal, sys, torch
sys.modules["resource"] = None
for module, name in ((os, "pread"), (os, "sched_getaffinity"), (signal, "SIGHUP"), (signal, "SIGKILL")):
    delattr(module, name)
class Windows:
    name = "nt"
    def open(self, path, *arguments):
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", path)
        return os.open(path, *arguments)
    def __getattr__(self, name):
        return getattr(os, name)
from ganlib.support import files
files.os = Windows()
"""
TRAIN = """
from pathlib import Path
from ganlib.data.faces import Faces
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.trainer import Trainer
from tests.training import small
step, steps = Trainer.step, []
Trainer.step = lambda *given: (steps.append(1), os._exit(9) if len(steps) == int(sys.argv[2]) else step(*given))[1]
report, out = small.report("dense64", hidden=[8], max_steps=5), Path(sys.argv[1])
loop.train("dense64", report, Faces.open(out.parent / "raw" / "faces", "all"), Outputs.below(out), out, seed=3, log_every=1, save_every=2)
print(len(steps))
"""
SAMPLE = "from ganlib.cli import main; sys.argv[1:1] = ['sample', '--seeds', '1-4', '-o', f'{sys.argv[1]}.png']; main.main()"


@pytest.mark.slow
def test_training_resume_and_sample_need_nothing_that_windows_lacks(tmp_path):
    small.small_faces(tmp_path / "raw", small.report("dense64"), 12)

    def run(code: str, folder: str, *arguments: str) -> str:
        done = python("-c", HIDE + code, str(tmp_path / folder), *arguments)
        return done.stdout or f"status {done.returncode} {done.stderr}"

    assert run(TRAIN, "killed", "4").startswith("status 9 ")
    assert run(TRAIN, "killed", "9") == "3\n"
    assert run(TRAIN, "alone", "9") == "5\n"
    for folder in ("run", "nets", "progress"):
        assert children.files(tmp_path / "killed" / folder) == children.files(tmp_path / "alone" / folder) != {}
    run(SAMPLE, "alone/run")
    assert (tmp_path / "alone" / "run.png").exists()
