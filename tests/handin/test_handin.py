"""`ganlib handin`: what the zip contains, what it never contains, and one line for each mistake."""

import hashlib
import json
import shutil
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import ganlib
from ganlib.cli import main
from ganlib.core.images import GAP
from ganlib.core.tables import read_json, read_yaml, write_json, write_yaml
from ganlib.handin import archive
from ganlib.support.errors import UserError
from ganlib.use import latents
from ganlib.use.export.licence import CELEBA
from tests.conftest import edited
from tests.handin.workspace import closest, git
from tests.page import workspace

ZIP = "exports/dense64/handin.zip"
SHEETS = ["interpolations.png", "nearest.png", "pictures.png"]
TEXTS = ["config.yaml", "index.html", "log.csv", "params.yaml"]


def handin(*arguments: str) -> str:
    """What the command prints."""
    done = CliRunner().invoke(main.app, ["handin", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refusal(*arguments: str) -> str:
    with pytest.raises(UserError) as raised:
        handin(*arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def files(path: str = ZIP) -> dict[str, bytes]:
    """The contents of the zip, which are all in one folder."""
    with zipfile.ZipFile(path) as found:
        assert {name.partition("/")[0] for name in found.namelist()} == {Path(path).stem}
        return {name.partition("/")[2]: found.read(name) for name in found.namelist()}


def page(path: str = ZIP) -> str:
    return " ".join(files(path)["index.html"].decode().split())


def cells(sheet: bytes, size: int = 64) -> np.ndarray:
    """The pictures (rows, columns, 3, S, S) of a sheet."""
    levels = np.asarray(Image.open(BytesIO(sheet)).convert("RGB"))[GAP:, GAP:].astype(int)
    rows, columns = levels.shape[0] // (size + GAP), levels.shape[1] // (size + GAP)
    return levels.reshape(rows, size + GAP, columns, size + GAP, 3)[:, :size, :, :size].transpose(0, 2, 4, 1, 3)


def test_pictures_are_those_of_the_first_64_seeds_and_of_the_arcs_between_neighbours(checkout: Path) -> None:
    assert f"{ZIP}: hand-in of dense64; unpack it to print handin/index.html to PDF\n" in handin("dense64")
    found, generator = files(), ganlib.load("dense64")
    assert sorted(found) == sorted([*TEXTS, *SHEETS, "scores.json"])
    seeds = generator.sample(range(1, 65)).astype(int)
    np.testing.assert_array_equal(cells(found["pictures.png"]).reshape(seeds.shape), seeds)
    arcs = cells(found["interpolations.png"])
    assert abs(arcs[:, [0, 7]].reshape(16, 3, 64, 64) - seeds[:16]).max() <= 1
    z = generator.z([5, 6])
    third_of_five_to_six = generator.from_latents(latents.slerp(*z, 3 / 7)[None].astype(np.float32))[0]
    assert abs(arcs[2, 3] - third_of_five_to_six).max() <= 1


def test_nearest_pictures_are_the_first_eight_pairs_of_the_evaluation(checkout: Path) -> None:
    handin("dense64")
    pairs = closest(20).reshape(2, 10, 3, 64, 64)[:, :8]
    np.testing.assert_array_equal(cells(files()["nearest.png"]), pairs)


def test_page_states_scores_settings_and_commands(checkout: Path) -> None:
    handin("dense64", "-o", "mine.zip")
    text, commit = page("mine.zip"), git(checkout, "rev-parse", "HEAD")
    assert "N = 250 fakes against 250 reals, inception-2015-12-05, protocol pytorch-fid" in text
    assert '<th scope="row">KID</th><td>0.200</td><td>0.190 to 0.210</td><td>0.000</td>' in text
    assert '<th scope="row">FID</th><td>240</td><td>230 to 250</td><td>43</td>' in text
    assert '<th scope="row"><code>batch_size</code></th><td>512</td><td>64</td>' in text
    assert '<th scope="row"><code>length</code></th><td>10 epochs</td><td>30 steps</td>' in text
    assert "lr_g 0.0002 x rate_scale 2 = 0.0004" in text
    assert f"git checkout {commit} dvc repro evaluate@dense64 ganlib handin dense64</pre>" in text
    assert all(f"<b>{title}" in text for title in ("Losses", "Diversity", "KID during training"))
    assert "Avataaars" in text
    assert CELEBA[:20] not in text
    assert json.loads(files("mine.zip")["scores.json"])["kid_high"] == 0.21


def test_equal_runs_give_equal_bytes_but_for_the_day(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handin("dense64")
    first, before = Path(ZIP).read_bytes(), files()
    handin("dense64", "--force")
    assert Path(ZIP).read_bytes() == first

    class Another(date):
        @classmethod
        def today(cls) -> date:
            return date(1999, 1, 2)

    monkeypatch.setattr(archive, "date", Another)
    handin("dense64", "--force")
    assert {name for name, content in files().items() if content != before[name]} == {"index.html"}
    days = [line for line in files()["index.html"].splitlines() if line not in before["index.html"].splitlines()]
    assert days == [b"    <li>handed in <b>1999-01-02</b></li>"]


def test_generator_with_conditions_shows_each_of_their_values(checkout: Path) -> None:
    assert "not scored yet; `dvc repro evaluate@began64` scores it" in handin("began64")
    found, generator = files("exports/began64/handin.zip"), ganlib.load("began64")
    rows = cells(found["conditions.png"]).reshape(5, 8, 3, 64, 64)
    for row, condition in ((1, {"hair": "Blond_Hair"}), (4, {"eyes": "Eyeglasses"})):
        np.testing.assert_array_equal(rows[row], generator.sample(range(1, 9), **condition))
    assert "<li>hair Blond Hair</li>" in page("exports/began64/handin.zip")


def test_baseline_has_its_own_command(checkout: Path) -> None:
    handin("wgan64")
    assert "ganlib repro baselines/dvc.yaml:baseline@wgan64" in page("exports/wgan64/handin.zip")


def test_run_without_scores_says_so(checkout: Path) -> None:
    shutil.rmtree("data/scores")
    assert "no nearest training pictures: not scored yet" in handin("dense64")
    assert page().count("not scored yet; <code>dvc repro evaluate@dense64</code> scores it.") == 2
    assert {"nearest.png", "scores.json"}.isdisjoint(files())


def test_nothing_of_an_earlier_trainings_evaluation_is_shown(checkout: Path) -> None:
    workspace.scored("dense64", generator_md5="of another file")
    assert "no nearest training pictures: stale, from an earlier training" in handin("dense64")
    assert {"nearest.png", "scores.json"}.isdisjoint(files())
    assert all(shown not in page() for shown in ("0.190 to 0.210", "KID during training", "Eight fakes"))
    assert page().count("stale, from an earlier training; <code>dvc repro evaluate@dense64</code> updates them.") == 2
    workspace.scored("dense64")
    handin("dense64", "--force")
    assert {"nearest.png", "scores.json"} <= files().keys()


def photographs(by: str) -> None:
    """Make the run one of CelebA's photographs, or of pictures that nothing says the kind of."""
    if by == "lock":
        kind = "    params: {params.yaml: {datasets.toons.kind: celeba}}\n"
        Path("dvc.lock").write_text(f"stages:\n  train@dense64:\n{kind}", encoding="utf-8")
    else:
        details = Path("data/scores/dense64/details.json")
        write_json({**read_json(details), "dataset": {"scores": "celeba_preview", "nothing": "lost"}[by]}, details)


@pytest.mark.parametrize("by", ["scores", "lock", "nothing"])
def test_photographs_are_left_out_unless_asked_for_and_then_come_with_the_terms(checkout: Path, by: str) -> None:
    photographs(by)
    said = handin("dense64")
    assert "they may be photographs of CelebA, whose terms forbid redistribution; --with-photographs includes them" in said
    assert "nearest.png" not in files()
    assert "Eight fakes" not in page()
    assert page().count("data:image/webp") == 2  # fakes
    assert CELEBA.replace("'", "&#39;") in page()
    assert ("Trained on CelebA&#39;s photographs for" in page()) == (by != "nothing")
    said = " ".join(handin("dense64", "--force", "--with-photographs").split())
    assert f"nearest.png shows photographs: keep the hand-in within your organisation. {CELEBA}" in said
    assert "nearest.png" in files()
    assert "keep this within your organisation" in page()


def test_own_pictures_are_the_users(checkout: Path) -> None:
    details = Path("data/scores/dense64/details.json")
    write_json({**read_json(details), "dataset": "own"}, details)
    assert "photographs" not in handin("dense64")
    assert "Trained for " in page()
    assert "nearest.png" in files()


@pytest.mark.parametrize("committed", [False, True])
def test_patch_takes_the_published_commit_to_the_code_of_the_run(checkout: Path, tmp_path: Path, committed: bool) -> None:
    git(checkout, "update-ref", "refs/remotes/origin/HEAD", "HEAD")
    edited(Path("params.yaml"), Path("params.yaml"), {"reports.dense64.lr_d": 0.0008})
    config = Path("data/runs/dense64/config.yaml")
    write_yaml({**read_yaml(config), "lr_d": 0.0008}, config)
    new = Path("ganlib/reports/mine/nets.py")
    new.parent.mkdir(parents=True)
    new.write_text("WIDTH = 1\n", encoding="utf-8")
    Path("diary.txt").write_text("not code", encoding="utf-8")
    if committed:
        git(checkout, "add", "-A")
        git(checkout, "commit", "-qm", "mine")
    before = git(checkout, "status", "--porcelain")
    handin("dense64")
    assert git(checkout, "status", "--porcelain") == before
    assert '<th scope="row"><code>lr_d</code></th><td>0.0002</td><td>0.0008</td>' in page()
    assert "git apply changes.patch dvc repro" in page()
    assert "with 2 changed files" in page()
    (tmp_path / "changes.patch").write_bytes(files()["changes.patch"])
    git(tmp_path, "clone", "-q", checkout.name, "clone")
    git(tmp_path / "clone", "checkout", "-q", git(checkout, "rev-parse", "refs/remotes/origin/HEAD"))
    git(tmp_path / "clone", "apply", "../changes.patch")
    for name in ("params.yaml", new):
        assert (tmp_path / "clone" / name).read_bytes() == (checkout / name).read_bytes()
    assert not (tmp_path / "clone" / "diary.txt").exists()


def test_since_names_the_commit_that_has_the_reports_settings(checkout: Path) -> None:
    edited(Path("params.yaml"), Path("params.yaml"), {"reports.dense64.batch_size": 64})
    git(checkout, "commit", "-qam", "mine")
    handin("dense64")
    assert "<code>batch_size</code>" not in page()
    handin("dense64", "--force", "--since", "HEAD~1")
    assert "<code>batch_size</code></th><td>512</td><td>64</td>" in page()


def test_settings_that_were_edited_after_the_training_are_named(checkout: Path) -> None:
    assert "changed in params.yaml" not in handin("dense64")
    edited(Path("params.yaml"), Path("params.yaml"), {"seed": 7, "reports.dense64.preview.ema": 0.5})
    assert "seed, ema: changed in params.yaml since this training; `dvc repro evaluate@dense64` trains again" in handin(
        "dense64", "--force"
    )
    assert "params.yaml has other values than this training: seed, ema." in page()


def test_notes_are_markdown_without_html_and_pictures(checkout: Path) -> None:
    notes = "# Faster D?\n\nIt is **not**. <script>alert(1)</script> ![x](http://example.org/x.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    Path("report.md").write_text(notes, encoding="utf-8-sig")  # as Windows' Notepad does
    handin("dense64", "--notes", "report.md")
    assert all(found in page() for found in ("<h1>Faster D?</h1>", "<strong>not</strong>", "&lt;script&gt;", "<td>1</td>"))
    assert "<script" not in page()
    assert 'src="http' not in page()
    assert "ganlib handin dense64 --notes notes.md</pre>" in page()
    assert files()["notes.md"].decode() == notes


def test_versions_are_those_of_the_training(checkout: Path) -> None:
    environment = Path("data/checked/environment.yaml")
    environment.parent.mkdir()
    environment.write_bytes(b"torch: 2.0\n")
    dep = "stages:\n  train@dense64:\n    deps: [{path: data/checked/environment.yaml, md5: %s}, {path: data/faces/wide64, md5: f.dir}]\n"
    Path("dvc.lock").write_text(dep % "d57a02d2ff4d2d8d6cf0e8f0d7ce8c5c", encoding="utf-8")
    handin("dense64")
    assert "versions unknown" in page()
    assert "<code>data/faces/wide64</code></th><td><code>md5 f.dir</code>" in page()
    Path("dvc.lock").write_text(dep % hashlib.md5(b"torch: 2.0\n", usedforsecurity=False).hexdigest(), encoding="utf-8")
    handin("dense64", "--force")
    assert "torch 2.0" in page()
    assert files()["dvc.lock"] == Path("dvc.lock").read_bytes()


def test_mistakes_are_one_line(checkout: Path, tmp_path: Path) -> None:
    assert refusal("curve") == "curve: draws no pictures, so there is nothing to hand in; `ganlib page` shows its results"
    assert refusal("dense64", "-o", "mine.pdf") == "mine.pdf: must end in .zip and must not be a folder"
    assert refusal("dense64", "--notes", "none.md") == "--notes none.md: No such file or directory"
    Path("latin.md").write_bytes(b"\xe9")
    assert refusal("dense64", "--notes", "latin.md") == "--notes latin.md: not UTF-8 text"
    assert refusal("dense64", "--since", "nowhere").startswith("--since nowhere: unknown Git revision")
    assert refusal("dense64", "-o", "params.yaml/x.zip").startswith("params.yaml/x.zip: cannot be written: ")
    handin("dense64")
    assert refusal("dense64") == f"{ZIP}: already exists; choose another path with -o, or overwrite it with --force"
    shutil.copytree("data/runs/dense64", tmp_path / "elsewhere")
    assert "name a report or a run in a checkout" in refusal(str(tmp_path / "elsewhere"), "-o", "x.zip")
    assert not list(checkout.glob("**/*.partial*"))
