"""Installs ganlib with the versions of requirements.txt into .venv/, as `make install` does; needs nothing but Python."""

import argparse
import os
import platform
import re
import select
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
INPUTS = ("requirements.txt", "requirements-inception.txt", "pyproject.toml")
DONE = VENV / "installed"  # newer than these after an installation
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SIZE, CUDA_SIZE, CPU_SIZE = 7.0, 4.3, 2.2  # GB on disk; the last is reckoned from the files of the first, not measured
# `activate` leads to where it was made: in a copied checkout to the original's commands, in a moved one to none.
GUARD = """
if [ -n "${BASH_SOURCE:-}${ZSH_VERSION:-}" ] && ! [ "${BASH_SOURCE:-$0}" -ef "$VIRTUAL_ENV/bin/activate" ]; then
    echo "error: .venv was made in ${VIRTUAL_ENV%/.venv}: run rm -r .venv, and make installs it here" >&2
    deactivate
fi
"""


def main() -> None:
    """Install, or update what is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", action="store_true", help="take PyTorch without CUDA, from its own index")
    cpu = parser.parse_args().cpu and sys.platform == "linux"  # elsewhere PyPI's PyTorch has no CUDA
    os.chdir(Path(__file__).resolve().parents[1])
    if (VENV / "pyvenv.cfg").exists():
        check_environment()
    if DONE.exists():
        without_cuda = any(VENV.glob("lib/*/site-packages/torch-*+cpu.dist-info"))
        if cpu and not without_cuda:
            refuse("holds CUDA's libraries", "without")
        cpu = without_cuda
        if all(Path(name).stat().st_mtime <= DONE.stat().st_mtime for name in INPUTS):
            return
    if sys.version_info < (3, 11):
        fail(f"ganlib needs Python 3.11 or newer, and {sys.executable} is {platform.python_version()}: name another with PYTHON=")
    commands = pip_sources()  # before anything is made
    if not DONE.exists():
        announce(cpu)
    make_environment(commands)
    pins = Path("requirements.txt").read_text(encoding="utf-8")
    torch = [f"{pin}+cpu" for pin in re.findall(r"^torch(?:vision)?==\S+", pins, re.MULTILINE)]
    pip("-r", "requirements.txt", *(["--extra-index-url", CPU_INDEX, *torch] if cpu else []))
    pip("--no-deps", "-r", "requirements-inception.txt")
    pip("--no-deps", "--no-build-isolation", "--editable", ".")
    DONE.touch()


def fail(message: str) -> None:
    """End with one line."""
    sys.exit(f"error: {message}")


def check_environment() -> None:
    """Refuse a .venv/ that was made in another folder or by another Python."""
    config = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    for made in re.findall(r"^command = .* -m venv (?:--\S+ )*(.+)", config, re.MULTILINE):
        if not (Path(made).parent.exists() and Path(made).parent.samefile(".")):
            refuse(f"was made in {Path(made).parent}", "here")
    for made in re.findall(r"^version(?:_info)? = (\d+\.\d+)", config, re.MULTILINE):
        if made != f"{sys.version_info[0]}.{sys.version_info[1]}":
            refuse(f"was made by Python {made}", f"with {platform.python_version()}")


def refuse(reason: str, how: str) -> None:
    """End, asking for a new environment."""
    fail(f".venv {reason}: run rm -r .venv, and make installs it {how}")


def pip_sources() -> list:
    """Commands that install pip into .venv/. Some Pythons lack ensurepip (Debian's, Colab's), some pip; the first that works will do."""
    found = {
        "ensurepip": [PYTHON, "-m", "ensurepip", "--default-pip"],
        "pip": [sys.executable, "-m", "pip", "--python", PYTHON, "install", "pip"],
    }
    commands = [command for module, command in found.items() if find_spec(module)]
    if shutil.which("uv"):
        commands.append(["uv", "pip", "install", "--python", PYTHON, "pip"])
    if not (commands and find_spec("venv")):
        missing = "neither ensurepip nor pip" if find_spec("venv") else "no module venv"
        fail(f"{sys.executable} has {missing}: install it (Debian, Ubuntu: apt install python3-venv), or name another Python with PYTHON=")
    return commands


def announce(cpu: bool) -> None:
    """Say what will be installed; end if the disk is too small for it."""
    size = SIZE if sys.platform == "linux" and not cpu else CPU_SIZE
    hint = f"; {CUDA_SIZE} of it are CUDA's libraries, for GPUs: make CPU=1 leaves them out" if size == SIZE else ""
    free = shutil.disk_usage(".").free / 1e9
    if free < size and not VENV.exists():
        fail(f".venv needs {size} GB, and {free:.1f} GB are free{hint}")
    print(f"installing into .venv with Python {platform.python_version()}: {size} GB{hint}", flush=True)


def make_environment(pip_commands: list) -> None:
    """Make .venv/ with pip and with an `activate` that refuses to work elsewhere."""
    import venv

    venv.create(VENV, symlinks=True)
    activate = VENV / "bin" / "activate"
    if GUARD not in activate.read_text(encoding="utf-8"):
        with activate.open("a", encoding="utf-8") as file:
            file.write(GUARD)
    if any(VENV.glob("lib/*/site-packages/pip")):
        return
    for command in pip_commands:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            return
    fail(f"no pip for .venv: {done.stderr.strip().splitlines()[-1]}")


def pip(*arguments: str) -> None:
    """Run `pip install`, showing one line of progress, each second in a terminal and each 30 s elsewhere."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    terminal, width = sys.stdout.isatty(), shutil.get_terminal_size().columns - 1
    start = shown = time.time()
    output = ""
    with subprocess.Popen([PYTHON, "-W", "ignore", "-m", "pip", "install", *options, *arguments], stdout=subprocess.PIPE) as process:
        while True:
            if select.select([process.stdout], [], [], 1)[0]:
                part = os.read(process.stdout.fileno(), 65536)
                if not part:
                    break
                output += part.decode(errors="replace")
            if time.time() - shown >= (1 if terminal else 30):
                shown = time.time()
                minutes, seconds = divmod(int(shown - start), 60)
                line = f"{minutes}:{seconds:02} {progress(output, start)}"
                print(f"\r{line[:width]:{width}}" if terminal else line, end="" if terminal else "\n", flush=True)
    print(f"\r{'':{width}}\r" if terminal else "", end="", flush=True)
    if process.returncode:
        fail("pip failed: see above; then run the same command again, which resumes")


def progress(output: str, start: float) -> str:
    """What pip is doing, by its output so far."""
    for names in re.findall(r"^Installing collected packages: (.+)", output, re.MULTILINE):
        done = sum(path.stat().st_mtime >= start for path in VENV.glob("lib/*/site-packages/*.dist-info"))
        return f"installed {done} of {names.count(',') + 1} packages"
    steps = re.findall(r"^ *(?:Collecting|Downloading|Using cached) (\S+(?: \([\d.]+ .B\))?)", output, re.MULTILINE)
    *before, last = steps or ["requirements.txt"]
    sizes = re.findall(r"\(([\d.]+) MB\)", " ".join(before))
    return f"downloaded {sum(map(float, sizes)) / 1000:.1f} GB, at {last}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; the same command resumes")
