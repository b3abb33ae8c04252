"""How a user names a generator, and the error line for a wrong name or file."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganlib.models.registry import names
from ganlib.support.errors import UserError
from ganlib.support.locks import locked
from ganlib.use import runs
from tests.conftest import python
from tests.use.lively import in_checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with params.yaml and one trained report."""
    root = tmp_path_factory.mktemp("checkout")
    run = in_checkout(root, "dense64").run
    for copy in (run / "snapshots" / "000004.safetensors", root / "hub" / "model.safetensors"):
        copy.parent.mkdir()
        shutil.copy(run / "generator.safetensors", copy)
    return root


@pytest.fixture(autouse=True)
def inside(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.delenv("DVC_ROOT", raising=False)


@pytest.mark.parametrize("named", ["dense64", "data/runs/dense64", "./data/runs/dense64/", "data/runs/dense64/generator.safetensors"])
def test_report_its_folder_and_its_file_are_one_run_of_the_checkout(named: str, checkout: Path) -> None:
    run = runs.find(named)
    assert (run.name, run.file.absolute()) == ("dense64", checkout / "data/runs/dense64/generator.safetensors")
    assert run.get(Path("params.yaml")) == checkout / "params.yaml"


def test_run_is_found_from_another_folder_with_its_checkout(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs.find(str(checkout / "data/runs/dense64")).get(Path("params.yaml")) == checkout / "params.yaml"


@pytest.mark.parametrize("named", ["hub", "hub/model.safetensors", "data/runs/dense64/snapshots/000004.safetensors"])
def test_file_outside_of_a_run_has_no_checkout_and_thus_no_scores(named: str) -> None:
    run = runs.find(named)
    assert (run.name, run.settings.latent_size) == ("dense64", 100)
    assert run.get(Path("params.yaml")) is None


def refusal(named: str) -> str:
    with pytest.raises(UserError) as raised:
        runs.find(named)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_misspelt_report_gets_a_suggestion() -> None:
    known = f"did you mean 'dense64'?; reports are {', '.join(names())}"
    assert refusal("dense46") == f"dense46: no report, folder or file has that name, {known}"


def test_report_that_was_not_trained_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refusal("dcgan56") == "data/runs/dcgan56: not trained yet; train it with `dvc repro evaluate@dcgan56`"
    assert refusal("wgan64").endswith("train it with `ganlib repro baselines/dvc.yaml:baseline@wgan64`")
    monkeypatch.chdir(tmp_path)
    advice = "run the command in ganlib's checkout, or name the folder that contains the generator"
    assert refusal("dcgan56") == f"data/runs/dcgan56: not found; {advice}"


def test_trained_report_is_not_replaced_by_the_pretrained_one_in_a_subfolder(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "docs").mkdir()
    monkeypatch.chdir(checkout / "docs")
    with pytest.raises(UserError) as raised:
        runs.find("dense64", pretrained=True)
    assert str(raised.value) == f"data/runs/dense64: not found; run from {checkout}"
    assert runs.find("dcgan64", pretrained=True).checkout.root == runs.PRETRAINED  # not trained there either


def test_running_and_interrupted_trainings_are_distinguished(checkout: Path) -> None:
    folder = checkout / ".checkpoints" / "dcgan112-0123456789abcdef"
    folder.mkdir(parents=True)
    assert refusal("dcgan112").endswith("training was interrupted; resume it with `dvc repro evaluate@dcgan112`")
    with locked(folder, "busy"):
        assert refusal("dcgan112") == "data/runs/dcgan112: dcgan112 is still training; wait until it has finished"
    (folder / "finished").touch()
    assert "not trained yet" in refusal("dcgan112")


def test_folder_without_a_generator_and_files_that_are_none_are_one_line_each(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)) == f"{tmp_path}: contains no generator.safetensors or model.safetensors"
    (text := tmp_path / "text.safetensors").write_text("no net", encoding="utf-8")
    assert refusal(str(text)).startswith(f"{text}: not a net that `train` wrote: ")
    discriminator = "data/nets/dense64/discriminator.safetensors"
    assert refusal(discriminator) == f"{discriminator}: is a discriminator, not a generator"


def test_information_is_read_without_torch(checkout: Path) -> None:
    code = "import sys; from ganlib.use import information as i, runs; i.describe(runs.find('dense64')); sys.exit('torch' in sys.modules)"
    assert python("-c", code, cwd=checkout).returncode == 0


def test_generator_that_git_keeps_is_read_at_its_commit_and_lasts_as_long_as_its_run(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout / "hub", tmp_path / "kept")
    for words in ("init -q", "add -A", "-c user.name=tests -c user.email=tests@localhost commit -qm kept", "rm -rq kept"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    code = "from ganlib.use import information, runs; run = runs.find('kept', 'HEAD'); known = information.describe(run); "
    code += "print(known['file'], run.file.exists(), known['scores'], run.file.parents[1])"
    done = python("-W", "error", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *known, place = done.stdout.split()
    assert known == ["kept/model.safetensors", "True", "None"]
    assert not Path(place).exists()


def test_revision_without_committed_results_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text("stages: {train: {cmd: 'true', outs: [data/runs/dense64]}}", encoding="utf-8")
    for command in ("git init -q", "dvc init -q", "git add -A", "git -c user.name=a -c user.email=a commit -qm start"):
        subprocess.run(command.replace("dvc", f"{sys.executable} -m dvc").split(), check=True)
    with pytest.raises(UserError, match=r"^data/runs/dense64: no results were committed at HEAD; `git add dvc\.lock metrics && git commit"):
        runs.find("dense64", "HEAD")
