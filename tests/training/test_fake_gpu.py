"""Whole training steps on a GPU, as far as a machine without one can take them: on fake tensors, with autograd's own backward passes."""

import json
import shutil
import subprocess
from typing import Any

import pytest
from torch.utils import cpp_extension

from tests.conftest import ROOT, python
from tests.training import small

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which(cpp_extension.get_cxx_compiler()) is None, reason="needs a C++ compiler"),
]
# Before torch, whose own hooks for CUDA need a GPU, is imported.
PREPARED = (
    "import ctypes, runpy, sys; ctypes.CDLL(sys.argv.pop(1)).install(); runpy.run_module('tests.training.fake_gpu', run_name='__main__')"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("guard")
    library, out = folder / "guard.so", folder / "found.json"
    includes = [f"-I{path}" for path in cpp_extension.include_paths()]
    links = [option for path in cpp_extension.library_paths() for option in (f"-L{path}", f"-Wl,-rpath,{path}")]
    source = ROOT / "tests/training/guard.cpp"
    command = [cpp_extension.get_cxx_compiler(), "-shared", "-fPIC", "-std=c++20", *includes, source, *links, "-ltorch_cpu", "-lc10"]
    subprocess.run([*command, "-o", library], check=True)
    done = python("-c", PREPARED, str(library), str(out))
    assert done.returncode == 0, done.stderr
    steps: dict[str, dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
    return steps


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
@pytest.mark.parametrize("name", [*small.NAMES, "tricks"])
def test_whole_step_stays_on_the_gpu_and_has_deterministic_kernels(found, name: str, precision: str) -> None:
    of = found[f"{name} {precision}"]
    assert of["error"] == ""
    assert (of["read"], of["mixed"], of["refused"]) == ([], [], [])
    assert of["devices"] == ["cuda:0"]
    assert of["weights"] == ["torch.float32"]
    assert of["products"] == ["torch.bfloat16" if precision == "bf16" else "torch.float32"]
