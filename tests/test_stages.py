"""What a stage reads from params.yaml and passes on."""

import hashlib
import inspect
import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML

from ganlib import params
from ganlib.core.tables import Log, final_metrics
from ganlib.data.faces import Faces
from ganlib.fetch import celeba_sources, folder, toons
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import HEADLINE
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference
from ganlib.support import paths
from ganlib.support.errors import UserError
from ganlib.support.types import EXTRACTOR
from ganlib.training import loop
from ganlib.training.distributed.team import ALONE
from stages import check, curve, download, evaluate, prepare, reference, train
from tests import painted
from tests.conftest import ROOT
from tests.data import archive
from tests.training import small


@pytest.fixture
def training(tmp_path, monkeypatch, changed_params) -> Callable[..., None]:
    """Runs `stages.train` in a folder with nine pictures, three of each split, after changes of params.yaml."""

    def call(changes: dict, name: str = "dense64") -> None:
        changed_params(changes)
        train.main(name)

    small.prepare_faces(tmp_path, 9)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "home"))
    return call


@pytest.fixture
def arguments(training, tmp_path, monkeypatch) -> Callable[..., dict]:
    """The arguments, by name, with which `stages.train` calls the training loop."""

    def call(changes: dict, name: str = "dense64") -> dict:
        seen, parameters = {}, inspect.signature(loop.train)
        times = tmp_path / "times.csv"
        times.write_text("step,seconds\n4,1.5\n", encoding="utf-8")
        monkeypatch.setattr(loop, "train", lambda *args, **named: (seen.update(parameters.bind(*args, **named).arguments), times)[1])
        training(changes, name)
        return seen

    return call


@pytest.mark.parametrize(("split", "rows"), [("train", [0, 3, 6]), ("test", [2, 5, 8]), ("all", [*range(9)])])
def test_train_shows_the_loop_the_chosen_split_and_no_other_picture(arguments, split, rows):
    assert arguments({"datasets.toons.split": split})["faces"].rows.tolist() == rows


def test_train_images_limits_training_to_the_first_pictures_of_the_split(arguments):
    assert arguments({"reports.dense64.train_images": 2})["faces"].rows.tolist() == [0, 3]


def test_train_passes_seed_report_and_log_on(arguments, tmp_path):
    seen = arguments({"seed": 77, "log_every": 13, "lr_d": 0.125})
    with seen["join"] as team:
        assert (seen["name"], seen["report"].lr_d, team) == ("dense64", 0.125, ALONE)
    assert (seen["seed"], seen["log_every"], seen["save_every"]) == (77, 13, None)
    assert [str(folder) for folder in seen["outputs"]] == [f"data/{kind}/dense64" for kind in ("runs", "nets", "progress")]
    assert seen["checkpoints"] == tmp_path / "home" / ".checkpoints"


def test_baseline_is_trained_as_a_report_is_and_overrides_reach_it(arguments, capfd):
    seen = arguments({"lr_d": 2e-4, "lr_g": 0.5}, "lsgan64")
    assert (seen["name"], seen["report"].lr_g, seen["report"].max_steps) == ("lsgan64", 0.5, 4000)
    assert "train@lsgan64: lr_d: lsgan64 already uses 0.0002; the override has no effect" in capfd.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("dense64", True), ("vae64", False)])
def test_training_of_a_gan_says_where_its_losses_are_explained(arguments, capfd, name, said):
    arguments({}, name)
    assert ("losses need not fall; docs/reading-a-run.md says what they show" in capfd.readouterr().err) == said


def test_times_of_a_training_reach_the_users_checkout_and_the_environment_sets_steps_between_checkpoints(arguments, tmp_path, monkeypatch):
    monkeypatch.setenv(train.CHECKPOINT_STEPS, "7")
    assert arguments({})["save_every"] == 7
    assert (tmp_path / "home/data/timing/dense64.csv").read_text(encoding="utf-8") == "step,seconds\n4,1.5\n"


@pytest.mark.parametrize("key", ["lr_d", "reports.dense64.lr_d"])
def test_typed_rate_is_multiplied_by_rate_scale_as_the_first_line_of_training_says(training, capfd, key):
    training({key: 1e-4, "batch_size": 4, "log_every": 1, "reports.dense64.preview.max_steps": 2})
    assert "train@dense64: lr_g 0.0002 x rate_scale 2 = 0.0004, lr_d 0.0001 x rate_scale 2 = 0.0002\n" in capfd.readouterr().err
    row = final_metrics(paths.outputs("dense64").progress / "log.csv")
    assert (row["rate_generator"], row["rate_discriminator"]) == (4e-4, 2e-4)
    config = YAML(typ="safe").load(paths.outputs("dense64").run / "config.yaml")
    assert (config["lr_d"], config["rate_scale"]) == (1e-4, 2.0)


@pytest.fixture
def place(tmp_path, monkeypatch, changed_params) -> Callable[[dict], None]:
    """A folder with a params.yaml, in which stages run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return changed_params


def own_pictures(count: int, broken: int = 0) -> None:
    """What `download` leaves of a person's own pictures, the last ones of which cannot be read."""
    pictures = [archive.jpeg(archive.picture(number)) for number in range(count - broken)] + [b"no picture"] * broken
    paths.RAW.joinpath("own").mkdir(parents=True)
    archive.pack(paths.RAW / "own" / folder.ARCHIVE, dict(zip(archive.names(count), pictures, strict=True)))


OWN = {"dataset": "own", "datasets.own.source": "mine"}


def test_check_writes_a_file_for_each_data_stage(place):
    place(OWN | {"datasets.own.images": 30})
    with pytest.raises(UserError, match=r"own\.source: .*/mine does not exist.*; `git checkout params\.yaml` restores"):
        check.main()
    (paths.home() / "mine").mkdir()
    check.main()
    written = {path.stem: YAML(typ="safe").load(path) for path in paths.CHECKED.glob("*.yaml")}
    assert written.pop("environment")["torch"] == torch.__version__.partition("+")[0]
    assert written == {
        "download": {"kind": "folder", "source": "mine"},
        "prepare": {"kind": "folder", "images": 30, "box": None, "max_broken": 0},
    }


@pytest.mark.parametrize(
    ("dataset", "stage", "expected"),
    [
        ("toons", (toons, "draw"), (paths.RAW / ".toons.partial", 123, False)),
        ("celeba_preview", (celeba_sources, "fetch"), ("celeba_preview", "mine", 123, paths.RAW / ".celeba_preview.partial")),
        ("own", (folder, "fetch"), ("own", "mine", paths.RAW / ".own.partial")),
    ],
)
def test_download_asks_for_the_chosen_data_sets_source_and_number(place, monkeypatch, dataset, stage, expected):
    calls = []
    monkeypatch.setattr(*stage, lambda *args, **named: calls.append((*args, *named.values())))
    source = {"datasets.toons.finish": False} if dataset == "toons" else {f"datasets.{dataset}.source": "mine"}
    place({"dataset": dataset, f"datasets.{dataset}.images": 123, **source})
    download.main()
    assert calls == [expected]


def test_prepare_takes_the_set_number_of_pictures_from_the_data_sets_own_box(place):
    place(OWN | {"datasets.own.images": 10, "datasets.own.box": {"left": 0.5, "top": 0.0, "right": 1.0, "bottom": 1.0}})
    own_pictures(20)
    prepare.main("tight56")
    faces = Faces.open(paths.faces("tight56"), "all")
    assert faces.table["file"].tolist() == archive.names(20)[::2]
    assert faces.pictures.shape == (10, 56, 56, 3)
    assert faces[np.arange(10)][:, 0].min() > 115  # red runs from 0 on the left to 255 on the right


def test_prepare_leaves_out_as_many_broken_pictures_as_are_allowed(place):
    own_pictures(20, broken=2)
    place(OWN | {"datasets.own.max_broken": 1})
    with pytest.raises(UserError, match="1 are allowed and this is one more"):
        prepare.main("tight56")
    place(OWN | {"datasets.own.max_broken": 2})
    prepare.main("tight56")
    assert len(Faces.open(paths.faces("tight56"), "all")) == 18


def test_prepare_asks_for_as_many_pictures_as_are_set(place):
    own_pictures(20)
    place(OWN | {"datasets.own.images": 21})
    with pytest.raises(UserError, match=r"holds 20 pictures, and 21 are needed; lower datasets\.own\.images"):
        prepare.main("tight56")


@pytest.fixture
def scoring(place, tmp_path, monkeypatch) -> Callable[[dict], list[tuple]]:
    """Thirty pictures of wide64, ten of each split, and the arguments that load Inception, which a net of mean colours replaces."""
    place({})
    small.prepare_faces(tmp_path, 30)
    asked = []

    def load(device: object, *, protocol: str = "pytorch-fid") -> painted.MeanColour:
        asked.append((str(device), protocol))
        return painted.MeanColour()

    monkeypatch.setattr(inception, "load", load)
    monkeypatch.setenv("GANLIB_DEVICE", "cpu")

    def change(changes: dict) -> list[tuple]:
        place({"datasets.toons.samples": 6, "protocol": "clean", **changes})
        return asked

    return change


@pytest.mark.parametrize(("split", "first"), [("train", 0), ("test", 2)])
def test_reference_has_pictures_of_the_split_and_statistics_of_the_scored_ones(scoring, split, first):
    asked = scoring({"datasets.toons.split": split})
    reference.main("wide64")
    assert asked == [("cpu", "clean")]
    found = Reference.load(paths.features("wide64", "clean"))
    assert (len(found.scored), len(found.seen), len(found.held_out)) == (6, 6, 6)
    assert set(found.seen_rows % 3) == {first}
    assert first not in set(found.held_out_rows % 3)
    np.testing.assert_allclose(found.seen[:, 2], 5 * found.seen_rows, atol=2)  # a picture's blue is its number
    stored = Statistics.load(paths.statistics("wide64", "clean"), EXTRACTOR, "clean")
    np.testing.assert_allclose(stored.mu, found.scored.mean(axis=0), rtol=1e-5)


def test_evaluate_scores_by_the_chosen_protocol_and_seed_and_says_how_in_the_details(scoring, monkeypatch, capsys):
    asked, seen = scoring({"seed": 77, "datasets.toons.split": "test", "attributes": ["Bald"], "reports.dense64.train_images": 7}), {}
    reference.main("wide64")

    def scored(*args: object, **named: object) -> dict:
        seen.update(args=args, named=named)
        return {"fid": 1.5, "kid": 0.25, "kid_low": 0.125, "kid_high": 0.375, "samples": 6}

    monkeypatch.setattr(evaluate, "evaluate", scored)
    Log(paths.outputs("dense64").progress / "log.csv").write(12, {"d_loss": 0.25, "d_accuracy": 0.75})
    generator = paths.outputs("dense64").run / "generator.safetensors"
    generator.parent.mkdir(parents=True)
    generator.write_bytes(b"weights")
    evaluate.main("dense64")
    assert "dense64: KID 0.250 (0.125 to 0.375), FID 2, N = 6" in capsys.readouterr().err

    outputs, features, statistics, faces, trained, out = seen["args"]
    assert (outputs, out) == (paths.outputs("dense64"), paths.scores("dense64"))
    assert set(features.seen_rows % 3) == {2}
    np.testing.assert_allclose(statistics.mu, features.scored.mean(axis=0), rtol=1e-5)
    assert faces.rows.tolist() == list(range(30))
    assert trained.rows.tolist() == list(range(2, 23, 3))
    assert (seen["named"]["seed"], seen["named"]["attributes"]) == (77, ["Bald"])
    assert asked == [("cpu", "clean")] * 2
    kid = {"kid": 0.25, "kid_low": 0.125, "kid_high": 0.375}
    assert json.loads(paths.metrics("dense64").read_text(encoding="utf-8")) == {"fid": 1.5, **kid, "d_accuracy": 0.75}
    how = {"extractor": EXTRACTOR, "protocol": "clean", "dataset": "toons", "split": "test", "scale": "preview"}
    how |= {"generator_md5": hashlib.md5(b"weights", usedforsecurity=False).hexdigest(), "pictures": faces.digest[:8]}
    assert how["pictures"]
    scores = {"fid": 1.5, **kid, "samples": 6, "step": 12, "d_loss": 0.25, "d_accuracy": 0.75}
    assert json.loads(paths.details("dense64").read_text(encoding="utf-8")) == how | scores


@pytest.mark.parametrize("name", small.NAMES)
def test_headline_metrics_are_a_dozen_at_most_and_end_with_at_most_two_of_the_reports_own(name):
    own = small.report(name).headline
    assert len(own) <= 2
    assert len(HEADLINE + own) <= 12


@pytest.mark.parametrize(("stage", "of"), [(reference, "wide64"), (evaluate, "dense64")])
def test_scores_are_computed_on_the_device_that_the_environment_names(scoring, monkeypatch, stage, of):
    asked = scoring({})
    reference.main("wide64")
    monkeypatch.setenv("GANLIB_DEVICE", "cuda:99")
    with pytest.raises(UserError, match="cuda:99 is not available"):
        stage.main(of)
    assert len(asked) == 1


def test_curve_trains_by_its_settings_and_the_seed_and_keeps_its_figures(place, monkeypatch):
    calls = []
    monkeypatch.setattr(curve.training, "train", lambda *args, **named: (calls.append((args, named)), {"d_score": -1.5})[1])
    place({"seed": 77, "curve.steps": 12})
    curve.main()
    assert calls == [((params.load().curve, paths.outputs("curve")), {"seed": 77})]
    assert json.loads(paths.metrics("curve").read_text(encoding="utf-8")) == {"steps": 12, "d_score": -1.5}


# Another value for each parameter of the stages below in dvc.yaml, for the drawn faces and dense64 or wide64.
CHANGES: dict[str, dict[str, object]] = {
    "seed": {"seed": 2},
    "seeds": {"seeds.z": 5},
    "dataset": {"dataset": "celeba_5000"},
    "attributes": {"attributes": ["Male"]},
    "protocol": {"protocol": "clean"},
    "numerics": {"numerics.threads": 2},
    "log_every": {"log_every": 7},
    "datasets.toons.split": {"datasets.toons.split": "test"},
    "datasets.toons.kind": {"dataset": "own"},
    "datasets.toons.scale": {"datasets.toons.scale": "full"},
    "datasets.toons.samples": {"datasets.toons.samples": 7},
    "crops.wide64": {"crops.wide64.left": 1},
    "reports.dense64": {"reports.dense64.dropout": 0.1},
    "curve": {"curve.steps": 3},
    **{
        key: {key: value}
        for key, value in {"lr_g": 0.1, "lr_d": 0.1, "beta1": 0.3, "batch_size": 6, "epochs": 3, "latent": "uniform"}.items()
    },
}


@pytest.mark.parametrize(
    ("stage", "key"), [(train, "dense64"), (evaluate, "dense64"), (prepare, "wide64"), (reference, "wide64"), (curve, None)]
)
def test_stage_notices_an_edit_of_each_parameter_that_dvc_yaml_lists(place, stage, key):
    name = stage.__name__.rpartition(".")[2]
    declared = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][name]
    keys = [text.replace("${dataset}", "toons").replace("${key}", str(key)) for text in (declared.get("do") or declared)["params"]]
    arguments = [key] if key else []
    place({})
    before = stage.reads(*arguments)
    for parameter in keys:
        place(CHANGES[parameter])
        assert stage.reads(*arguments) != before, parameter
