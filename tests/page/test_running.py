"""Running trainings on the page: found by their locks, described by the files in their checkpoints' folders."""

import re
from pathlib import Path

import pytest

from ganlib import params
from ganlib.page import checkout as checkouts
from ganlib.page import running
from ganlib.support.locks import locked
from tests.page import workspace
from tests.page.test_document import shown


def found() -> list[dict]:
    return running.collect(params.load())


def test_training_is_running_while_its_lock_is_held_and_it_is_not_complete(checkout):
    workspace.training("vae64")
    folder = workspace.training("dense64")
    with locked(folder, ""):
        assert [training["name"] for training in found()] == ["dense64"]
        (folder / "finished").touch()
        assert found() == []
        (folder / "finished").unlink()
    assert found() == []


def test_page_shows_the_newest_sheet_the_charts_and_the_time_left_in_the_order_of_params(started):
    for name in ("wgan64", "vae64", "dcgan64"):
        started(name)
    checkouts.write(Path("page.html"), experiments=False)
    page = Path("page.html").read_text(encoding="utf-8")
    assert re.findall("<h3>(.*?)</h3>", page) == ["dcgan64", "vae64", "wgan64"]
    assert "Step 20 of 30, about 10 min left." in shown(page)  # 10 steps of a minute each
    assert page.count("Fakes after 20 steps.") == 3
    assert "How often D is right, and fooled over 20 steps: right from 0.167 to 0.333" in page
    assert "ELBO, nats per picture over 20 steps" in page
    assert "watch" not in page  # it does not refresh itself


def test_settings_that_params_does_not_have_are_named(started):
    started("dcgan64")
    started("dcgan64", seed=3, lr_d=0.5, ema=None, max_steps=7)
    assert sorted(training["changed"] for training in found()) == [[], ["seed 3", "ema blank", "lr_d 0.5"]]


def test_training_that_has_written_nothing_yet_is_at_step_0(started):
    (started("dense64", until=0) / "progress" / "log.csv").unlink()
    [training] = found()
    assert (training["step"], training["steps"], training["left"], training["sheet"], training["charts"]) == (0, 30, "", None, [])
    checkouts.write(Path("page.html"), experiments=False)
    assert "Step 0 of 30." in shown(Path("page.html").read_text(encoding="utf-8"))


def test_row_that_is_being_written_is_left_out(started):
    folder = started("dense64")
    with (folder / "progress" / "log.csv").open("a", encoding="utf-8") as log:
        log.write("30,0.1,0.")
    assert found()[0]["log"]["step"] == [10, 20]
    assert len(found()[0]["log"]["g_loss"]) == 2


def test_saturation_and_collapse_are_remarked_upon(started):
    folder = started("dense64")
    assert found()[0]["remarks"] == []
    (folder / "progress" / "log.csv").write_text("step,saturated,collapsed\n10,0,0\n20,12,0\n", encoding="utf-8")
    assert found()[0]["remarks"] == ["steps saturated: 12 (steps at which D had classified everything correctly for at least 100 steps)"]


@pytest.mark.parametrize(
    ("seconds", "steps", "left"),
    [
        ([1], 2, "less than a minute left"),
        ([30] * 3, 10, "about 4 min left"),  # 7 steps of 30 seconds: 210
        ([60], 91, "about 1 h 30 min left"),
        ([1000] * 10 + [6] * 20, 100, "about 7 min left"),  # 70 steps of 6 seconds: the first ones no longer count
    ],
)
def test_time_left_is_by_the_speed_of_the_last_rows(seconds, steps, left):
    times = {"step": [*range(1, len(seconds) + 1)], "seconds": [sum(seconds[: i + 1]) for i in range(len(seconds))]}
    assert running.left(times, steps) == left
