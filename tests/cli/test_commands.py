"""The commands as a user types them: what they write and say, and one line for each mistake."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ganlib
from ganlib.core.images import GAP
from ganlib.lanes import plan, repro
from ganlib.models.registry import fingerprint
from ganlib.use import walks
from tests.conftest import python
from tests.use.lively import NARROW, in_checkout

FIGURES = (
    {"fid": 243.577, "fid_low": 236.085, "fid_high": 251.069, "fid_floor": 43.6587}
    | {"kid": 0.202915, "kid_low": 0.194178, "kid_high": 0.211784, "kid_floor": 0.000173694}
    | {"coverage": 0.25, "samples": 250, "extractor": "inception-2015-12-05", "protocol": "pytorch-fid"}
    | {"dataset": "toons", "split": "train", "scale": "preview"}
)


def scored_generator(root: Path) -> dict[str, str]:
    """What an evaluation of dense64 says of the generator."""
    return {"generator_md5": fingerprint(root / "data/runs/dense64/generator.safetensors")}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with params.yaml, two trained reports, and an evaluation and a log of the first."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("dense64", "began64"):
        outputs = in_checkout(root, name, **NARROW)
        (outputs.progress / "samples").mkdir()
        for step, colour in ((500, "red"), (1000, "lime"), (4000, "blue")):
            Image.new("RGB", (60, 40), colour).save(outputs.progress / "samples" / f"{step:06d}.png")
    scores = root / "data" / "scores" / "dense64"
    scores.mkdir(parents=True)
    (scores / "details.json").write_text(json.dumps(FIGURES | scored_generator(root)), encoding="utf-8")
    return root


@pytest.fixture
def ganlib_says(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed):
    """Run the command in the checkout, with {tmp} for the test's folder; returns its output or its error."""
    monkeypatch.chdir(checkout)

    def says(line: str) -> str:
        ended, out, err = typed(*line.format(tmp=tmp_path).split())
        if ended == 0:
            return out
        assert (out, "\n" in str(ended)) == ("", False)
        return ended if isinstance(ended, str) else err

    return says


@pytest.mark.parametrize(("command", "suffix"), [("sample", "png"), ("animate", "webp"), ("export --format web", "html")])
def test_command_says_what_it_loads_before_torch_is_imported(checkout, monkeypatch, capsys, typed, command, suffix):
    monkeypatch.chdir(checkout)
    monkeypatch.setitem(sys.modules, "ganlib.use.sampling", None)
    with pytest.raises(ImportError):
        typed(*command.split(), "dense64", "-o", f"new.{suffix}")
    assert capsys.readouterr().err == "loading the generator of dense64\n"


def test_repro_without_a_target_runs_the_pipeline_from_a_subfolder(tmp_path, monkeypatch, typed):
    ran = []
    monkeypatch.setattr(plan, "root", lambda: tmp_path)
    monkeypatch.setattr(repro, "repro", lambda targets, *options: ran.append((Path.cwd(), targets)) or True)
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    assert typed("repro") == (0, "", "")
    assert ran == [(tmp_path, ["dvc.yaml"])]


def seen(path: Path) -> np.ndarray:
    """(3, H, W) levels of a picture file."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).transpose(2, 0, 1).astype(int)


def test_sheet_shows_the_seeds_in_their_order(ganlib_says, tmp_path: Path) -> None:
    assert ganlib_says("sample dense64 --seeds 3,7-14 -o {tmp}/s.png") == f"{tmp_path}/s.png: 9 pictures of dense64, seeds 3,7-14\n"
    sheet, pictures = seen(tmp_path / "s.png"), ganlib.load("data/runs/dense64").sample([3, *range(7, 15)]).astype(int)
    step = 64 + GAP
    assert sheet.shape == (3, GAP + 2 * step, GAP + 8 * step)
    for place, picture in enumerate(pictures):
        y, x = GAP + place // 8 * step, GAP + place % 8 * step
        np.testing.assert_array_equal(sheet[:, y : y + 64, x : x + 64], picture)


def test_folder_gets_a_file_for_each_seed_and_npy_all_of_them(ganlib_says, tmp_path: Path) -> None:
    ganlib_says("sample dense64 --seeds 7,123456 -o {tmp}/folder/")
    ganlib_says("sample dense64 --seeds 7,123456 -o {tmp}/all.npy")
    pictures = np.load(tmp_path / "all.npy")
    assert (pictures.shape, pictures.dtype) == ((2, 3, 64, 64), np.uint8)
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["seed0007.png", "seed123456.png"]
    np.testing.assert_array_equal(seen(tmp_path / "folder" / "seed0007.png"), pictures[0])
    np.testing.assert_array_equal(seen(tmp_path / "folder" / "seed123456.png"), pictures[1])


def test_sheet_is_in_exports_by_default_and_is_overwritten_only_when_forced(ganlib_says, checkout: Path) -> None:
    path = checkout / "exports" / "dense64" / "sheet.png"
    assert ganlib_says("sample dense64 --seeds 1") == "exports/dense64/sheet.png: 1 picture of dense64, seeds 1\n"
    before = path.read_bytes()
    refusal = "error: exports/dense64/sheet.png: already exists; choose another path with -o, or overwrite it with --force"
    assert ganlib_says("sample dense64 --seeds 2") == refusal
    assert path.read_bytes() == before
    ganlib_says("sample dense64 --seeds 2 --force")
    assert path.read_bytes() != before


def test_folder_that_holds_something_is_refused_and_never_emptied(ganlib_says, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    ganlib_says("sample dense64 --seeds 1 -o {tmp}/mine")
    assert "already exists" in ganlib_says("sample dense64 --seeds 2 -o {tmp}/mine")
    said = ganlib_says("sample dense64 --seeds 2 --force -o {tmp}/mine")
    assert said.endswith("mine: 1 picture of dense64, seeds 2; 1 earlier one is still there\n")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["seed0001.png", "seed0002.png"]


def test_best_of_names_the_seeds_that_it_chose(ganlib_says, tmp_path: Path) -> None:
    said = ganlib_says("sample began64 --seeds 1-2 --best-of 3 --condition hair=Blond_Hair -o {tmp}/best.npy")
    chosen = [int(seed) for seed in said.split("seeds ")[1].split(",")]
    assert [seed // 3 for seed in chosen] == [1, 2]
    again = ganlib.load("began64").sample(chosen, hair="Blond_Hair").astype(int)
    assert abs(np.load(tmp_path / "best.npy").astype(int) - again).max() <= 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample dense64 --seeds 1-x", "--seeds: '1-x': must be numbers and ranges, as in 1-64 or 3,7,10-20"),
        ("sample dense64 --seeds 1,,2", "--seeds: '1,,2': must be"),
        ("sample dense64 --seeds -4", "--seeds: '-4': must be"),
        ("sample dense64 --seeds 9-3", "--seeds: 9-3: write the smaller number first"),
        ("sample dense64 --seeds 1-900000000000", "--seeds: '1-900000000000': more than 100,000 pictures"),
        ("sample dense64 -o {tmp}/sheet.jpg", "{tmp}/sheet.jpg: must be a folder or end in .png or .npy"),
        ("sample dense64 --condition hair=Blond_Hair -o {tmp}/s.png", "hair=Blond_Hair: dense64 has no conditions"),
        ("sample began64 --condition Blond_Hair", "--condition: 'Blond_Hair': must be group=value, as in hair=Blond_Hair"),
        ("sample began64 --condition eyes=Eyeglasses --condition eyes=Eyeglasses", "--condition: eyes occurs twice"),
        ("sample began64 --condition eyes=Blue -o {tmp}/s.png", "eyes=Blue: Blue is unknown; one of unspecified, Eyeglasses"),
        ("sample began64 --best-of 2000", "--best-of 2000: more than 100,000 pictures for 64 seeds"),
        ("sample dense64 -o params.yaml/sheet.png", "params.yaml/sheet.png: cannot be written: "),
        ("animate dense64 -o {tmp}/walk.mp4", "{tmp}/walk.mp4: must end in .webp or .gif and must not be a folder"),
        ("animate dense64 --seeds 1-5 --frames 4 -o {tmp}/w.gif", "--frames 4: a walk needs 2 seeds or more, and a frame for each of them"),
        ("animate dense64 --seeds 1 -o {tmp}/w.gif", "--frames 60: a walk needs 2 seeds or more"),
        ("animate dense64 --training --frames 9", "--training: cannot be combined with --seeds, --frames or --condition"),
        ("export dense64 --format onnx -o {tmp}/x.html", "{tmp}/x.html: must end in .onnx and must not be a folder"),
        ("export dense64 --format hub -o params.yaml", "params.yaml: is a file; --format hub writes a folder"),
        ("info params.yaml", "params.yaml: not a net that `train` wrote: "),
        ("info dense64 --rev HEAD", "--rev HEAD: "),
    ],
)
def test_mistake_ends_in_one_line(ganlib_says, tmp_path: Path, line: str, said: str) -> None:
    assert ganlib_says(line).startswith(f"error: {said.format(tmp=tmp_path)}")


def frames(path: Path) -> tuple[list[np.ndarray], list[int], int]:
    """An animation's pictures (3, H, W), their milliseconds, and how often it is shown; 0 is for ever."""
    with Image.open(path) as image:
        pictures, times = [], []
        for place in range(image.n_frames):
            image.seek(place)
            pictures.append(np.asarray(image.convert("RGB")).transpose(2, 0, 1).astype(int))
            times.append(image.info["duration"])
        return pictures, times, image.info["loop"]


def test_walk_passes_each_face_and_comes_back_to_the_first(checkout: Path) -> None:
    generator = ganlib.load(checkout / "data/runs/dense64")
    shown = walks.walk(generator, [5, 2, 9], 6)
    z = generator.z([5, 2, 9])
    # z of nearly one length, so that the arc's middle is the sum brought to that length.
    middles = [np.linalg.norm(a) * (a + b) / np.linalg.norm(a + b) for a, b in zip(z, z[[1, 2, 0]], strict=True)]
    expected = generator.from_latents(np.stack([z, middles], axis=1).reshape(6, -1).astype(np.float32))
    for frame, picture in zip(shown, expected.transpose(0, 2, 3, 1), strict=True):
        enlarged = Image.fromarray(picture).resize((256, 256), Image.Resampling.BICUBIC)
        assert abs(np.asarray(frame).astype(int) - np.asarray(enlarged)).mean() < 2  # levels; a straight line's middle is off by 10


@pytest.mark.parametrize("ending", ["webp", "gif"])
def test_walk_is_an_endless_animation_of_its_frames_and_the_same_bytes_each_time(ganlib_says, tmp_path: Path, ending: str) -> None:
    for name in ("walk", "again"):
        said = ganlib_says(f"animate dense64 --seeds 5,2,9 --frames 3 -o {{tmp}}/{name}.{ending}")
        assert said == f"{tmp_path}/{name}.{ending}: 3 frames of dense64\n"
    assert (tmp_path / f"walk.{ending}").read_bytes() == (tmp_path / f"again.{ending}").read_bytes()
    pictures, times, loop = frames(tmp_path / f"walk.{ending}")
    assert (len(pictures), pictures[0].shape, times, loop) == (3, (3, 256, 256), [80] * 3, 0)
    for picture, face in zip(pictures, ganlib.load("dense64").sample([5, 2, 9]), strict=True):
        assert abs(picture.reshape(3, 64, 4, 64, 4).mean((2, 4)) - face).mean() < 20  # levels, of what compression and enlarging take


def test_training_is_shown_sheet_by_sheet_with_the_step_below(ganlib_says, tmp_path: Path) -> None:
    ganlib_says("animate dense64 --training -o {tmp}/training.gif")
    pictures, times, _ = frames(tmp_path / "training.gif")
    assert times == [700, 700, 2500]
    assert [picture[:, 20, 30].tolist() for picture in pictures] == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert all((picture[:, 40:] == 0).any() for picture in pictures)  # black on white


def test_information_has_every_score_with_its_n_interval_and_floor(ganlib_says) -> None:
    lines = ganlib_says("info dense64").splitlines()
    assert lines[:7] == [
        "dense64: 64x64 pictures, z of 100 numbers, gaussian",
        "file:        data/runs/dense64/generator.safetensors",
        "parameters:  1,291,488",
        "training:    4,000 steps on toons (train), scale preview, seed 1",
        "scores:      N = 250 fakes and reals, inception-2015-12-05, protocol pytorch-fid",
        "  FID        243.58      95% interval 236.09 to 251.07  floor 43.659",
        "  KID        0.20292     95% interval 0.19418 to 0.21178  floor 0.00017369",
    ]
    assert "  coverage   0.25" in lines
    assert "latent gaussian" in lines[-1]
    known = json.loads(ganlib_says("info dense64 --json"))
    assert known["scores"] == FIGURES | scored_generator(Path())
    assert known["training"] == {"seed": 1, "steps": 4000, "dataset": "toons", "split": "train", "scale": "preview", "kind": "toons"}
    assert known["settings"]["hidden"] == [100, 200, 100]


def test_information_of_an_unscored_run_has_no_scores(ganlib_says) -> None:
    lines = ganlib_says("info began64").splitlines()
    assert "scores:      none next to this file" in lines
    assert "condition:   eyes: unspecified, Eyeglasses" in lines


def test_scores_of_an_earlier_training_are_called_that(ganlib_says, checkout: Path) -> None:
    details = checkout / "data/scores/dense64/details.json"
    current = details.read_text(encoding="utf-8")
    assert "stale" not in ganlib_says("info dense64")
    try:
        details.write_text(json.dumps(FIGURES | {"generator_md5": "of another file"}), encoding="utf-8")
        assert "stale, from an earlier training; `dvc repro evaluate@dense64` updates them" in ganlib_says("info dense64")
    finally:
        details.write_text(current, encoding="utf-8")


@pytest.mark.parametrize("typed", ["", "--help", "sample --help", "animate --help", "info --help", "export --help"])
def test_help_imports_no_torch(typed: str) -> None:
    run = "from ganlib.cli import main as cli\ntry: cli.main()\nfinally: print(sorted(sys.modules))"
    loaded = python("-c", f"import sys; sys.argv = ['ganlib', *{typed.split()}]; {run}").stdout.splitlines()[-1]
    assert "'ganlib.cli.commands'" in loaded
    assert not [name for name in ("torch", "dvc", "pandas", "scipy", "onnx", "numpy") if f"'{name}'" in loaded]


@pytest.mark.parametrize(("typed", "offered"), [("ganlib sa", "sample"), ("ganlib sample dcgan5", "dcgan56")])
def test_shell_completes_commands_and_reports(typed: str, offered: str) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1), "_GANLIB_COMPLETE": "complete_bash"}
    code = "import sys; sys.argv = ['ganlib']; from ganlib.cli import main; main.main()"
    assert python("-c", code, **words).stdout.split() == [offered]
