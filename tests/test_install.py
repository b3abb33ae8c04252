"""Installing into .venv/: with make and without, by a Python without ensurepip, in a checkout that was moved or copied."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.conftest import ROOT, text
from tools import install

MAKE = shutil.which("make") or "make"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PyPI's PyTorch has no CUDA")
PINS = dict(re.findall(r"^(torch|torchvision)==(\S+)", text(ROOT / "requirements.txt"), re.MULTILINE))


def bare_python(home: Path, *packages: Path) -> Path:
    """This Python without ensurepip, and with no packages but these."""
    library = home / "lib" / f"python{sysconfig.get_python_version()}"
    for folder in (home / "bin", library / "site-packages"):
        folder.mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), home / "bin" / "python3")
    for path in Path(os.__file__).parent.iterdir():
        if path.name not in ("ensurepip", "site-packages"):
            (library / path.name).symlink_to(path)
    for path in packages:
        (library / "site-packages" / path.name).symlink_to(path)
    return home / "bin" / "python3"


def installed() -> list[Path]:
    """What lies in this environment's folder of packages."""
    return [path for path in Path(sysconfig.get_path("purelib")).iterdir() if not path.name.startswith("__editable__")]


def is_of(path: Path, *names: str) -> bool:
    """Whether this is the code or the metadata of one of the named packages."""
    return path.name.partition("-")[0] in names


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with one command, a `python3` with pip and without ensurepip, and with a wheel of pip in place of an index."""
    home = tmp_path_factory.mktemp("outside")
    python = bare_python(home, *(path for path in installed() if is_of(path, "pip")))
    version = metadata.version("pip")
    with zipfile.ZipFile(home / f"pip-{version}-py3-none-any.whl", "w") as wheel:
        for file in metadata.files("pip") or ():
            if file.parts[0] != ".." and file.suffix != ".pyc":
                wheel.write(file.locate(), str(file))
    return {"PATH": str(python.parent), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(home)}


def copied(folder: Path) -> Path:
    """The files of this checkout that an installation needs."""
    folder.mkdir()
    for name in (*install.INPUTS, "Makefile", "README.md", "LICENSE", "params.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("ganlib", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def copied_with_packages(folder: Path, *missing: str) -> Path:
    """The same with a .venv/ that already has the packages of this one, except pip, ganlib and those `missing`."""
    checkout, packages = copied(folder / "ganlib"), folder / "packages"
    site = checkout / ".venv/lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    packages.mkdir()
    for path in installed():
        if not is_of(path, "pip", "ganlib", *missing):
            (packages / path.name).symlink_to(path)
    site.mkdir(parents=True)
    (site / "packages.pth").write_text(f"{packages}\n", encoding="utf-8")
    return checkout


def run(command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A line as it is typed in a shell."""
    return subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def made(outside: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which `make install` has run; read only."""
    checkout = copied_with_packages(tmp_path_factory.mktemp("made"))
    done = run(f"{MAKE} install", checkout, outside)
    assert done.returncode == 0, done.stderr
    assert f"installing into .venv with Python {sys.version.split()[0]}: 7.0 GB" in done.stdout
    return checkout


def runs_its_own_code(checkout: Path) -> bool:
    """Whether the environment's commands run the code of the checkout."""
    found = run(f"{checkout}/.venv/bin/python -c 'import ganlib; print(ganlib.__file__)'", Path("/"), {})
    helped = run(f"{checkout}/.venv/bin/ganlib sample --help", checkout, {})
    return found.stdout == f"{checkout}/ganlib/__init__.py\n" and helped.returncode == 0


@pytest.mark.slow
def test_make_installs_by_a_python_without_ensurepip(made, outside):
    assert "No module named ensurepip" in run("python3 -m ensurepip", made, outside).stderr
    assert runs_its_own_code(made)


@pytest.mark.slow
def test_commands_of_the_docs_install_without_make_and_without_ensurepip(outside, tmp_path):
    checkout = copied_with_packages(tmp_path)
    page = text(ROOT / "docs/install.md")
    usual, *others = re.findall(r"^\$ (.*)$", page.partition("## Without make")[2].partition("```\n\n")[0], re.MULTILINE)
    assert "'ensurepip'" in run(usual, checkout, outside).stderr
    without = re.findall(r"^\$ (python3 -m .*(?:--without-pip|--python).*)$", page, re.MULTILINE)
    assert (len(without), len(others)) == (2, 3)
    assert run("command -v make", checkout, outside).returncode != 0
    for command in (*without, *others):
        done = run(command, checkout, outside)
        assert done.returncode == 0, done.stderr
    assert runs_its_own_code(checkout)


@pytest.mark.slow
@LINUX
def test_cpu_asks_pytorchs_index_for_builds_without_cuda(outside, tmp_path):
    checkout = copied_with_packages(tmp_path, *PINS)
    unreachable = {"PIP_PROXY": "http://127.0.0.1:9", "PIP_RETRIES": "0", "PIP_NO_INDEX": "0", "PIP_LOG": str(tmp_path / "log")}
    done = run(f"{MAKE} CPU=1 install", checkout, outside | unreachable)
    assert done.returncode != 0
    assert "2.2 GB" in done.stdout
    assert f" torch=={PINS['torch']}+cpu" in done.stderr  # pip's error
    assert done.stderr.splitlines()[-2] == "error: pip failed: see above; then run the same command again, which resumes"
    assert f"* {install.CPU_INDEX}/torch/" in text(tmp_path / "log")


@pytest.mark.slow
def test_copied_checkout_never_runs_the_originals_code(made, outside, tmp_path):
    copy = shutil.copytree(made, tmp_path / "copy", symlinks=True)
    refused = f"error: .venv was made in {made}: run rm -r .venv, and make installs it here"
    assert run(f"{MAKE} install", copy, outside).stderr.splitlines()[0] == refused
    assert run("python3 tools/install.py", copy, outside).stderr.splitlines() == [refused]
    activated = run("exec bash -c 'source .venv/bin/activate; echo $VIRTUAL_ENV; type -P ganlib'", copy, {"PATH": "/bin:/usr/bin"})
    assert (activated.stdout, activated.stderr) == ("\n", f"{refused}\n")
    kept = run("exec bash -c 'source .venv/bin/activate; type -P ganlib'", made, {"PATH": "/bin:/usr/bin"})
    assert (kept.stdout, kept.stderr) == (f"{made}/.venv/bin/ganlib\n", "")


@pytest.mark.slow
def test_command_of_another_checkout_refuses(made, tmp_path):
    other = copied(tmp_path / "other")
    done = run(f"{made}/.venv/bin/ganlib info dense64", other, {})
    line = f"error: this command runs the code in {made}, not that in {other}: use python -m ganlib, or this folder's .venv\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
    own = run(f"{made}/.venv/bin/python -m ganlib info dense64", other, {})
    assert own.stderr.startswith("data/runs/dense64: not trained yet")


def script(folder: Path, *arguments: str, prelude: str = "", python: Path | str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder that has nothing else; `prelude` changes Python before."""
    (folder / "tools").mkdir(exist_ok=True)
    shutil.copy(ROOT / "tools" / "install.py", folder / "tools")
    code = f"import runpy, shutil, sys; {prelude}\nrunpy.run_path('tools/install.py', run_name='__main__')"
    return subprocess.run([python, "-c", code, *arguments], cwd=folder, env={}, capture_output=True, text=True)


def ended(folder: Path, *arguments: str, prelude: str = "", python: Path | str = sys.executable) -> str:
    """The one line with which `script` refuses."""
    done = script(folder, *arguments, prelude=prelude, python=python)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def test_old_python_is_refused(tmp_path):
    line = ended(tmp_path, prelude="sys.version_info = (3, 10)")
    assert line.startswith(f"error: ganlib needs Python 3.11 or newer, and {sys.executable} is ")
    assert line.endswith(": name another with PYTHON=")


def test_only_what_is_newer_than_the_installation_is_installed(tmp_path):
    (tmp_path / ".venv").mkdir()
    for age, name in enumerate((".venv/installed", *install.INPUTS)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    old = "sys.version_info = (3, 10)"  # which the installation refuses
    done = script(tmp_path, prelude=old)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    os.utime(tmp_path / "requirements.txt", (1001, 1001))
    assert "ganlib needs Python 3.11 or newer" in ended(tmp_path, prelude=old)


def test_python_that_was_not_found_is_named(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = run(f"{MAKE} PYTHON=python9 install", tmp_path, {"PATH": os.environ["PATH"]})
    said = "error: python9 was not found: install Python 3.11 or newer, or name one with make PYTHON=/path/to/python3"
    assert done.stderr.splitlines()[0] == said


def test_missing_ways_to_pip_are_named(tmp_path):
    python = bare_python(tmp_path / "bare")
    said = "install it (Debian, Ubuntu: apt install python3-venv), or name another Python with PYTHON="
    assert ended(tmp_path, python=python) == f"error: {python} has neither ensurepip nor pip: {said}"
    next((tmp_path / "bare").glob("lib/*/venv")).unlink()
    assert ended(tmp_path, python=python) == f"error: {python} has no module venv: {said}"
    assert not (tmp_path / ".venv").exists()


def test_full_disk_is_noticed_before(tmp_path):
    line = ended(tmp_path, prelude="shutil.disk_usage = lambda _: shutil._ntuple_diskusage(0, 0, 3.14e9)")
    assert line.startswith("error: .venv needs 7.0 GB, and 3.1 GB are free")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("config", "arguments", "reason", "how"),
    [
        ("command = /usr/bin/python3 -m venv --without-pip /old place/.venv\n", (), "was made in /old place", "here"),
        ("version = 3.9.2\n", (), "was made by Python 3.9", f"with {sys.version.split()[0]}"),
        pytest.param("", ("--cpu",), "holds CUDA's libraries", "without", marks=LINUX),
    ],
)
def test_environment_that_does_not_fit_is_refused(tmp_path, config, arguments, reason, how):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(config, encoding="utf-8")
    (tmp_path / ".venv" / "installed").touch()
    assert ended(tmp_path, *arguments) == f"error: .venv {reason}: run rm -r .venv, and make installs it {how}"


def test_progress_tells_what_pip_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = "Collecting torch==2.14.1\n  Downloading torch-2.14.1-cp311.whl.metadata (31 kB)\nCollecting numpy\n"
    assert install.progress(output, 0) == "downloaded 0.0 GB, at numpy"
    output += "Downloading torch-2.14.1-cp311.whl (555.0 MB)\n"
    assert install.progress(output, 0) == "downloaded 0.0 GB, at torch-2.14.1-cp311.whl (555.0 MB)"
    output += "  Using cached numpy-2.4.6-cp311.whl (18.5 MB)\n"
    assert install.progress(output, 0) == "downloaded 0.6 GB, at numpy-2.4.6-cp311.whl (18.5 MB)"
    (tmp_path / ".venv/lib/python3/site-packages/numpy-2.4.6.dist-info").mkdir(parents=True)
    assert install.progress(f"{output}Installing collected packages: numpy, torch\n", 0) == "installed 1 of 2 packages"
