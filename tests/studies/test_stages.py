"""The stages of studies: which trial, which seed and which files each of them reads, runs and writes."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from ganlib.core import tables
from ganlib.core.random import derived_seed
from ganlib.data.faces import Faces
from ganlib.fidelity import evaluation
from ganlib.fidelity.evaluation import Fakes
from ganlib.fidelity.kernel import kid
from ganlib.models import store
from ganlib.studies import declarations, depends, first_runs, judging, paths, scoring, spread, stored, trials
from ganlib.support import codehash
from ganlib.support import paths as support_paths
from ganlib.support.errors import UserError
from ganlib.support.paths import Outputs
from stages import score, settings, study, trial
from stages import spread as spread_stage
from tests import painted
from tests.conftest import ROOT

ARMS = ["dcgan64", "dcgan64_joint_batch"]
DATASET = "toons"
MACHINE = {"torch": "2.14.1", "processor": "a processor", "kernels": "AVX2", "threads": 1}


def with_code(files: Callable[[str], list[Path]], name: str, **values: Any) -> dict[str, Any]:
    """What settings records, with the digest of the present code."""
    return values | {"code": codehash.digest(files(name), depends.CODE)}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The committed params.yaml and studies/*.yaml, and nothing else."""
    (tmp_path / "studies").mkdir()
    for name in ("params.yaml", "studies/params.yaml", "studies/catalogue.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pictures(monkeypatch: pytest.MonkeyPatch, count: int, training: Callable[..., Any] = lambda trial, params: {}) -> None:
    """A data set of `count` pictures, with trials that depend on nothing or on what `training` says."""
    monkeypatch.setattr(depends, "training", training)
    monkeypatch.setattr(depends, "scoring", lambda trial, params: {})
    monkeypatch.setattr(depends, "picture_counts", lambda trials, params: {name: count for name in trials if name != "curve"})


def test_settings_writes_both_files_of_every_declared_trial(checkout, monkeypatch):
    monkeypatch.setattr(depends, "training", lambda trial, params: {"training": trial.report})
    monkeypatch.setattr(depends, "scoring", lambda trial, params: {"scoring": trial.report})
    monkeypatch.setattr(depends, "picture_counts", lambda trials, params: {name: 3200 for name in trials if name != "curve"})
    settings.main()
    names = tables.read_yaml(checkout / "studies" / "params.yaml")["trials"]
    assert sorted(path.name for path in (paths.TRIALS / DATASET / "settings").iterdir()) == sorted(names)
    assert tables.read_json(paths.training(DATASET, "dcgan64_uniform")) == {"training": "dcgan64"}
    assert tables.read_json(paths.scoring(DATASET, "dcgan64_uniform")) == {"scoring": "dcgan64"}


def test_trial_that_the_pictures_do_not_allow_is_left_out_with_its_reason_and_the_others_can_run(checkout, monkeypatch, capsys):
    def training(trial: Any, params: Any) -> dict[str, str]:
        if trial.report == "began64":
            raise UserError("params.yaml: conditions.hair: the pictures have no attribute 'Black_Hair'")
        return {}

    pictures(monkeypatch, 3200, training)
    settings.main()
    assert tables.read_json(paths.training(DATASET, "dcgan64")) == {}
    said = "began64 cannot be trained on toons: params.yaml: conditions.hair: the pictures have no"
    assert said in capsys.readouterr().err
    with pytest.raises(UserError, match=f"^{said}"):
        trial.main("began64", 1)


def test_trial_that_needs_more_pictures_than_there_are_is_left_out_and_the_others_can_run(checkout, monkeypatch, capsys):
    pictures(monkeypatch, 1500)
    settings.main()
    assert tables.read_json(paths.training(DATASET, "dense64_of_1000")) == {}
    said = "dense64_of_2000 cannot be trained on toons: studies/catalogue.yaml: trials.dense64_of_2000.train_images: 2,000 is more"
    assert said in capsys.readouterr().err
    with pytest.raises(UserError, match=f"^{said}"):
        trial.main("dense64_of_2000", 1)


def test_study_with_moments_after_the_end_is_named_and_the_others_can_run(checkout, monkeypatch, capsys):
    """As on few pictures of one's own, with which 40 epochs are 720 steps."""
    pictures(monkeypatch, 300)
    settings.main()
    said = "studies/catalogue.yaml: studies.dropout_in_training.moments: 1,200 is not before the end of dcgan64_dropout at step 720"
    assert f"dcgan64_dropout cannot be trained on toons: {said}\n" in capsys.readouterr().err
    with pytest.raises(UserError, match=f"^dcgan64_dropout cannot be trained on toons: {said}"):
        trial.main("dcgan64_dropout", 1)
    assert tables.read_json(paths.training(DATASET, "dcgan64_uniform")) == {}
    for name in ("dcgan64", "dcgan64_dropout"):
        for seed in range(1, 7):
            leave(name, seed, kid=0.2, step=720)
            paths.metrics(DATASET, name, seed).with_name("scores.csv").write_text("step,kid\n300,0.3\n600,0.3\n", encoding="utf-8")
    with pytest.raises(UserError, match=said):
        study.main("dropout_in_training")


def test_table_of_twelve_seeds_is_not_replaced_by_one_of_six(checkout):
    path = paths.results(DATASET, "batches_apart")
    path.parent.mkdir(parents=True)
    path.write_text("seed\n" + "".join(f"{seed}\n" for seed in range(1, 13)), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"batches_apart.csv: has 12 seeds per arm, and 6 are declared: set declared.batches_apart.seeds: 12"
    ):
        settings.main()
    assert not paths.TRIALS.exists()


def test_settings_refuses_arms_of_unequal_length(checkout, monkeypatch):
    pictures(monkeypatch, 300)
    values = tables.read_yaml(checkout / "studies" / "catalogue.yaml")
    values["trials"]["dcgan64_uniform"]["max_steps"] = 7
    (checkout / "studies" / "catalogue.yaml").unlink()
    tables.write_yaml(values, checkout / "studies" / "catalogue.yaml")
    with pytest.raises(UserError, match="dcgan64_uniform has 7 steps"):
        settings.main()


@pytest.mark.parametrize(("seed", "save_every"), [(1, None), (12, 3), (13, 3)])
def test_trial_is_trained_and_scored_with_its_own_seed(checkout, monkeypatch, seed, save_every):
    """Seeds above 12 are kept apart; each stage runs once per trial and seed, and again if what it depends on has changed."""
    ran: list[tuple[Any, ...]] = []

    def train(training: dict[str, Any], folder: Path, *, seed: int, save_every: int | None) -> None:
        ran.append(("train", training["report"], folder, seed, save_every))
        tables.write_json(MACHINE, folder / stored.MACHINE)

    def scored(training: dict[str, Any], asked: dict[str, Any], run: Path, reals: Path, folder: Path, *, seed: int) -> dict[str, Any]:
        ran.append(("score", training["report"], run, reals, folder, seed))
        return {"kid": 0.1 * seed}

    monkeypatch.setattr(trials, "train", train)
    monkeypatch.setattr(scoring, "score", scored)
    if save_every:
        monkeypatch.setenv("GANLIB_CHECKPOINT_STEPS", str(save_every))
    for name in ("dense64", "dcgan64"):
        tables.write_json(with_code(depends.training_code, name, report=name), paths.training(DATASET, name))
        tables.write_json(with_code(depends.scoring_code, name, crop=f"{name}'s"), paths.scoring(DATASET, name))
    for _ in range(2):
        trial.main("dense64", seed)
        score.main("dense64", seed)
    root = paths.TRIALS / DATASET / ("spread" if seed == 13 else "")
    run, folder = root / "runs" / "dense64" / str(seed), root / "scores" / "dense64" / str(seed)
    assert ran == [("train", "dense64", run, seed, save_every), ("score", "dense64", run, paths.reals(DATASET, "dense64's"), folder, seed)]
    assert tables.read_json(folder / "figures.json") == {"kid": pytest.approx(0.1 * seed)}
    tables.write_json(with_code(depends.scoring_code, "dense64", crop="another"), paths.scoring(DATASET, "dense64"))
    score.main("dense64", seed)
    tables.write_json({**MACHINE, "torch": "2.15.0"}, run / stored.MACHINE)
    score.main("dense64", seed)
    assert [step[0] for step in ran] == ["train", "score", "score", "score"]
    for path, main in ((paths.scoring, score.main), (paths.training, trial.main)):
        tables.write_json(tables.read_json(path(DATASET, "dense64")) | {"code": "of before"}, path(DATASET, "dense64"))
        with pytest.raises(UserError, match=r"^the code was edited since this study began: run the same command again$"):
            main("dense64", seed)
    assert len(ran) == 4


@pytest.fixture
def first_runs_are_equal(checkout: Path) -> None:
    """The first runs of both arms of batches_apart, which are equal; dcgan64 is an arm of other studies too."""
    for name in ARMS:
        run = paths.run(DATASET, name, 1)
        for net, folder in (("generator", "run"), ("discriminator", "nets")):
            (run / folder).mkdir(parents=True)
            save_file({"weight": torch.ones(3)}, run / folder / f"{net}.safetensors")
        (run / "progress" / "samples").mkdir(parents=True)
        (run / "progress" / "samples" / "002400.png").write_bytes(b"faces")
        training = with_code(depends.training_code, "dcgan64", report="dcgan64")
        tables.write_json(training, paths.training(DATASET, name))
        tables.write_json(with_code(depends.scoring_code, "dcgan64", crop="wide64"), paths.scoring(DATASET, name))
        tables.write_json(training, run / stored.MADE_OF)
        tables.write_json(MACHINE, run / stored.MACHINE)


@pytest.mark.parametrize(
    "changed", ["run/generator.safetensors", "nets/discriminator.safetensors", "progress/samples/002400.png", "scoring"]
)
def test_setting_changes_nothing_if_nets_sheets_and_scoring_are_equal(first_runs_are_equal, changed):
    assert first_runs.change_nothing(DATASET, ARMS, 1)
    assert not first_runs.change_nothing(DATASET, ARMS[:1], 1)
    known = declarations.load()
    assert [first_runs.suffice(known, DATASET, name) for name in ARMS] == [False, True]  # the first has other studies
    assert not first_runs.suffice(replace(known, spread_trials=ARMS), DATASET, ARMS[1])  # whose spread needs all seeds
    if changed == "scoring":
        tables.write_json({"crop": "tight64"}, paths.scoring(DATASET, ARMS[1]))
    elif (path := paths.run(DATASET, ARMS[1], 1) / changed).suffix == ".png":
        path.write_bytes(b"other faces")
    else:
        save_file({"weight": torch.zeros(3)}, path)
    assert not first_runs.change_nothing(DATASET, ARMS, 1)


def test_incomplete_first_run_is_no_reason_to_leave_others_out(first_runs_are_equal):
    (paths.run(DATASET, ARMS[1], 1) / stored.MADE_OF).unlink()
    assert not first_runs.change_nothing(DATASET, ARMS, 1)


def test_seeds_that_would_tell_nothing_are_left_out_and_the_study_is_not_testable(first_runs_are_equal, monkeypatch):
    """dcgan64 is trained, since other studies need it."""
    trained = []

    def train(training: dict[str, Any], folder: Path, *, seed: int, save_every: int | None) -> None:
        trained.append((folder.parent.name, seed))
        tables.write_json(MACHINE, folder / stored.MACHINE)

    monkeypatch.setattr(trials, "train", train)
    monkeypatch.setattr(
        scoring, "score", lambda *args, seed: {"status": "lived", "kid": 0.1, "kid_floor": 0.01, "scale": "preview", **MACHINE}
    )
    for name in ARMS:
        for seed in range(1, 7):
            trial.main(name, seed)
            score.main(name, seed)
    assert trained == [("dcgan64", seed) for seed in range(2, 7)]
    study.main("batches_apart")
    table = pd.read_csv(paths.results(DATASET, "batches_apart"))
    assert list(zip(table["trial"], table["seed"], strict=True)) == [(name, 1) for name in ARMS]
    judged = json.loads(paths.verdict(DATASET, "batches_apart").read_text(encoding="utf-8"))
    assert (judged["verdict"], judged["seeds"]) == ("not testable", 1)
    later = judging.judge("batches_apart", declarations.load().studies["batches_apart"], list(range(7, 13)), DATASET, DATASET)
    assert later.startswith("At preview scale (toons, 1 seed per arm): not testable: the setting changes nothing")

    save_file({"weight": torch.zeros(3)}, paths.run(DATASET, ARMS[1], 1) / "run" / "generator.safetensors")
    with pytest.raises(
        UserError, match=r"scores/dcgan64_joint_batch/2: not trained: remove this folder and .*runs/dcgan64_joint_batch/2, and run"
    ):
        study.main("batches_apart")
    trial.main(ARMS[1], 2)
    assert trained[-1] == (ARMS[1], 2)


def leave(name: str, seed: int, **figures: Any) -> None:
    values = {"status": "lived", "step": 4000, "scale": "preview", "samples": 250, "kid_floor": 0.01, **MACHINE, **figures}
    tables.write_json(values, paths.metrics(DATASET, name, seed))


def test_study_is_judged_over_all_declared_seeds_of_both_arms(checkout):
    """Seeds 4 to 6 alone take the claim's side: over the first three the verdict would be another."""
    for seed in range(1, 13):
        leave("dcgan64", seed, kid=0.11 + 0.001 * seed)
        leave("dcgan64_equal_rates", seed, kid=0.3 + 0.001 * seed)
    study.main("unequal_rates")
    found = pd.read_csv(paths.results(DATASET, "unequal_rates"))
    expected = [(name, seed, kid) for name, kid in (("dcgan64", 0.11), ("dcgan64_equal_rates", 0.3)) for seed in range(1, 13)]
    assert list(zip(found["trial"], found["seed"], strict=True)) == [(name, seed) for name, seed, _ in expected]
    assert found["kid"].tolist() == pytest.approx([kid + 0.001 * seed for _, seed, kid in expected])
    assert set(found["torch"]) == {"2.14.1"}
    judged = json.loads(paths.verdict(DATASET, "unequal_rates").read_text(encoding="utf-8"))
    assert (judged["verdict"], judged["seeds"]) == ("holds here", 12)


def test_study_whose_range_was_set_when_runs_were_known_is_judged_on_unseen_seeds_alone(checkout, capsys):
    for seed in range(1, 13):
        leave("curve", seed, d_real=0.5 + 0.001 * seed if seed > 6 else 0.9, samples="")
    study.main("curve_half")
    assert pd.read_csv(paths.results(DATASET, "curve_half"))["seed"].tolist() == [*range(7, 13)]
    assert "(4,000 steps, seeds 7 to 12): holds here; D's mean answer to reals is 0.5095 on average" in capsys.readouterr().err
    for seed in range(7, 13):
        paths.metrics(DATASET, "curve", seed).unlink()
        leave("curve", seed, d_real=0.5 + 0.05 * (seed % 2), samples="")
    study.main("curve_half")
    assert ": cannot tell yet; D's mean answer" in capsys.readouterr().err  # there is no second look


def test_study_that_is_not_declared_is_one_line(checkout):
    with pytest.raises(UserError, match=r"studies/params.yaml: declared: 'beta1_of_05' is unknown; one of all_smile, as_reported"):
        study.main("beta1_of_05")


def test_spread_is_of_the_studies_seeds_and_the_further_ones(checkout):
    seeds = [1, 2, 3, 4, 5, 6, 13, 14, 15, 16]
    for seed in seeds:
        leave("dense64", seed, kid=0.1 + 0.001 * seed)
    spread_stage.main("dense64")
    found = pd.read_csv(paths.results(DATASET, "spread/dense64"))
    assert found["seed"].tolist() == seeds
    assert found["kid"].tolist() == pytest.approx([0.1 + 0.001 * seed for seed in seeds])
    assert tables.read_json(paths.verdict(DATASET, "spread/dense64"))["seeds"] == 10


def test_spread_of_two_processors_is_one_line():
    rows = [{"trial": "dense64", "seed": seed, "status": "lived", "processor": name} for seed, name in enumerate(("a", "b", "a"), 1)]
    with pytest.raises(UserError, match=r"processor: .*: a for dense64 \(seeds 1, 3\); b for dense64 \(seeds 2\): remove"):
        spread.summary(rows)


def reals(samples: int) -> dict[str, Any]:
    """What the features of the pictures in tight64 depend on."""
    pictures = Faces.open(support_paths.faces("tight64"), "train").identity({})
    return {"split": "train", "samples": samples, "protocol": "clean", "pictures": pictures}


@pytest.mark.parametrize("mean_over_moments", [False, True])
def test_mean_over_moments_takes_the_place_of_the_average_at_as_many_fakes(tmp_path, monkeypatch, mean_over_moments):
    generator, settings = painted.painter([[0.5, 0.5, 0.5]] * 3, [[0, 0, 0]] * 2, reach=0.3)
    settings = settings.model_copy(update={"crop": "tight64", "ema": 0.9})
    earlier = [painted.painter([[shade] * 3] * 3, [[0, 0, 0]] * 2, reach=0.3)[0] for shade in (0.2, 0.8)]
    outputs, rng = Outputs.below(tmp_path / "run"), np.random.default_rng(0)
    for folder in (outputs, outputs._replace(run=outputs.nets)):
        painted.run(folder, {20: (earlier[0], settings), 30: (earlier[1], settings), 40: (generator, settings)})
    tables.write_json(MACHINE, tmp_path / "run" / stored.MACHINE)
    monkeypatch.chdir(tmp_path)
    labels = {name: rng.choice([-1, 1], 36) for name in ("Black_Hair", "Blond_Hair", "Eyeglasses")}
    table = pd.DataFrame({"file": "x.jpg", "split": ["test", "train", "train"] * 12, **labels})
    faces = painted.faces(rng.integers(0, 256, (36, 3), np.uint8), table, support_paths.faces("tight64"))
    drawn: list[int] = []
    features = Fakes.features
    monkeypatch.setattr(Fakes, "features", lambda fakes, *given: (drawn.append(len(fakes.condition)), features(fakes, *given))[1])
    monkeypatch.setattr(scoring.inception, "load", lambda *_, **__: painted.MeanColour())
    monkeypatch.setattr(evaluation, "frechet_distance", lambda *_: 0.0)  # takes seconds, as do the intervals of scores
    monkeypatch.setattr(evaluation.scores, "compare", lambda *_: {"fid": 0.0, "kid": 0.0})
    monkeypatch.setattr(evaluation.scores, "floor", lambda *_: {})
    training = {"report": "began64", "settings": settings.model_dump(), "scale": "preview"}
    asked: dict[str, Any] = {"crop": "tight64", "attributes": [], "reals": reals(12)}
    asked |= {"mean_over_moments": True} if mean_over_moments else {}
    found = scoring.score(training, asked, tmp_path / "run", tmp_path / "reals", tmp_path / "scores", seed=7)
    untrained = 12
    if not mean_over_moments:
        assert drawn == [12, 12, 12, 12, untrained]  # two snapshots, the end and the average
        assert "kid_moments" not in found
        return
    assert drawn == [12, 4, 4, 4, untrained]
    assert "kid_ema" not in found
    real = scoring.Reference.load(tmp_path / "reals" / "features.npz")
    kids = []
    for place, (step, net) in enumerate(zip((20, 30, 40), (*earlier, generator), strict=True)):
        condition = torch.from_numpy(faces.conditions(painted.GROUPS)[real.scored_rows[4 * place : 4 * place + 4]])
        fakes = Fakes(net.eval(), settings, condition, 64, derived_seed(7, "scores", step))
        kids.append(kid(real.scored, features(fakes, painted.MeanColour(), "fakes")))
    assert found["kid_moments"] == pytest.approx(np.mean(kids))


def test_run_is_scored_with_its_seed_against_the_reals_of_its_crop(tmp_path, monkeypatch):
    """A net for wide64 that is scored on tight64, whose faces alone exist: what `evaluate` gets, and what is added to its metrics.

    The raw generator obeys its conditions, so its fakes differ over all conditions and not within one; their average draws one colour.
    """
    raw, settings = painted.painter([[0.2, 0, 0], [0.5, 0, 0], [0.8, 0, 0]], [[0, 0, 0], [0, 0.5, 0]])
    average, _ = painted.painter([[0.1, 0.2, 0.3]] * 3, [[0, 0, 0]] * 2)
    settings = settings.model_copy(update={"train_images": 5, "crop": "wide64", "ema": 0.9})
    run, rng = tmp_path / "run", np.random.default_rng(0)
    outputs = painted.run(Outputs.below(run), {40: (average, settings)}, losses=[4.0, 3.0, 2.0, 1.0])
    store.save(raw, "generator", "began64", settings, outputs.nets / "generator.safetensors")
    tables.write_json(MACHINE, run / stored.MACHINE)
    monkeypatch.chdir(tmp_path)
    labels = {name: rng.choice([-1, 1], 12) for name in ("Black_Hair", "Blond_Hair", "Eyeglasses")}
    table = pd.DataFrame({"file": "x.jpg", "split": ["test", "train", "train"] * 4, **labels})
    faces = painted.faces(rng.integers(0, 256, (12, 3), np.uint8), table, support_paths.faces("tight64"))
    seen: dict[str, Any] = {}

    def evaluate(outputs: Outputs, *inputs: Any, **named: Any) -> dict[str, float]:
        seen.update(inputs=inputs, named=named, outputs=outputs)
        return {"kid": 1e9, "explained": 0.5, "explained_real": 0.2}

    def fakes(*arguments: Any) -> Fakes:
        seen["fakes"] = Fakes(*arguments)
        return seen["fakes"]

    fakes.of = Fakes.of
    monkeypatch.setattr(scoring, "evaluate", evaluate)
    monkeypatch.setattr(scoring, "Fakes", fakes)
    monkeypatch.setattr(scoring.inception, "load", lambda device, protocol: {"clean": painted.MeanColour()}[protocol])
    training = {"report": "began64", "settings": settings.model_dump(), "scale": "preview"}
    asked = {"crop": "tight64", "attributes": ["Eyeglasses"], "reals": reals(4)}
    found = scoring.score(training, asked, run, tmp_path / "reals", tmp_path / "scores", seed=7)
    real, statistics, cropped, trained, _ = seen["inputs"]
    assert (len(cropped), trained.rows.tolist(), statistics.count) == (12, [1, 2, 4, 5, 7], 4)
    assert (seen["named"]["attributes"], seen["named"]["seed"], seen["fakes"].seed) == (["Eyeglasses"], 7, 7)
    assert seen["fakes"].condition.tolist() == faces.conditions(painted.GROUPS)[real.scored_rows].tolist()
    assert not seen["fakes"].generator.training
    assert torch.equal(*(next(net.parameters()) for net in (seen["fakes"].generator, settings.networks(7)["generator"])))
    untrained = seen["fakes"].features(painted.MeanColour(), "untrained")
    assert found["kid_untrained"] == pytest.approx(kid(real.scored, untrained))
    assert seen["outputs"] == outputs._replace(run=outputs.nets)
    flat = Fakes.of(outputs.run / "generator.safetensors", cropped, real.scored_rows, 7).features(painted.MeanColour(), "average")
    assert found["kid_ema"] == pytest.approx(kid(real.scored, flat))
    drawn = np.array([((0.2, 0.5, 0.8)[hair], 0.5 * eyes, 0) for hair, eyes in seen["fakes"].condition.tolist()])
    variance = (255 * drawn).var(axis=0, ddof=1).mean() / cropped[real.scored_rows].astype(float).var(axis=0, ddof=1).mean()
    assert found["diversity"] == pytest.approx(math.sqrt(variance), rel=0.02)
    expected = {**MACHINE, "scale": "preview", "status": "learned nothing", "step": 40, "d_loss_slope": pytest.approx(-1000)}
    assert found.items() >= {**expected, "explained_excess": pytest.approx(0.3)}.items()
