"""`evaluate` on faces and generators of known colours, by a network whose features are the mean colour: every figure is arithmetic."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from ganlib.core import random
from ganlib.core.images import resized, to_uint8
from ganlib.core.random import stream
from ganlib.core.tables import save_metrics
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes, evaluate, pixel_figures
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.reference import Reference
from ganlib.fidelity.sharpness import sharpness
from ganlib.support.paths import Outputs
from tests import painted
from tests.fidelity.features import distances, fid, nearness

TRAINED, HELD_OUT, SAMPLES, SEED = 120, 70, 60, 3
COPIED = 6  # the fake whose copy is a training picture, but none of the scored ones

HAIR, EYES = [[0.5, 0, 0.4], [0.2, 0, 0.4], [0.8, 0, 0.4]], [[0, 0.3, 0], [0, 0.8, 0]]
CONDITIONED = painted.painter(HAIR, EYES, reach=0.02)
CONSTANT = painted.painter([HAIR[1]] * 3, [EYES[0]] * 2)  # always black hair and no glasses
DAZZLED = painted.painter(HAIR, [EYES[1]] * 2, reach=0.02)  # always glasses


class Case(NamedTuple):
    """An evaluation: its figures and files, and its inputs. `fakes`, `scored`, `trained` and `held_out` are colours (N, 3)."""

    figures: dict[str, float | str]
    folder: Path
    faces: Faces
    fakes: np.ndarray
    scored: np.ndarray
    trained: np.ndarray
    held_out: np.ndarray
    scored_rows: np.ndarray
    held_out_rows: np.ndarray

    @property
    def conditions(self) -> np.ndarray:
        """(N, 2): those of the scored reals."""
        return self.faces.conditions(painted.GROUPS)[self.scored_rows]


def table(rng: np.random.Generator) -> pd.DataFrame:
    """Attributes by chance, both hair colours never at once."""
    hair = rng.choice(3, TRAINED + HELD_OUT, p=[0.3, 0.4, 0.3])
    held = {"Black_Hair": hair == 1, "Blond_Hair": hair == 2, "Eyeglasses": rng.random(len(hair)) < 0.35}
    split = rng.permutation(["train"] * TRAINED + ["test"] * HELD_OUT)
    return pd.DataFrame({"file": "x.jpg", "split": split, **{name: np.where(has, 1, -1) for name, has in held.items()}})


def case(folder: Path, made: dict[int, tuple], *, split: str = "train", only: str = "", names: Collection[str] = ()) -> Case:
    """`made`, generators by step, scored against noisy faces; training saw a copy of one fake. `only` leaves one attribute alone."""
    rng = np.random.default_rng(0)
    attributes, network, cache = table(rng), painted.MeanColour(), folder / "faces"
    hair = (attributes["Black_Hair"] == 1) + 2 * (attributes["Blond_Hair"] == 1)
    colours = np.array(HAIR)[hair] + np.array(EYES)[(attributes["Eyeglasses"] == 1).astype(int)]
    colours = (255 * (colours + rng.uniform(-0.1, 0.1, colours.shape))).round().astype(np.uint8)
    if only:
        attributes[[name for name in ("Black_Hair", "Blond_Hair", "Eyeglasses") if name != only]] = -1

    def reference() -> Reference:
        def features(batches: Iterable[np.ndarray], desc: str, total: int) -> np.ndarray:
            return inception.features(network, batches, desc, total)

        return Reference.of(features, *Faces.divide(cache, split), samples=SAMPLES)

    run = painted.run(Outputs.below(folder), made)
    faces, rows = painted.faces(colours, attributes, cache), reference().scored_rows
    pictures = torch.cat([*Fakes.of(run.run / "generator.safetensors", faces, rows, SEED)])
    fakes = pictures.float().mean((2, 3)).numpy()
    colours[np.setdiff1d(Faces.open(cache, split).rows, rows)[4]] = fakes[COPIED]
    pictures = np.tile(colours[:, None, None], (painted.SIZE, painted.SIZE, 1))
    pictures[rows, 1, 1], pictures[rows, 1, 2] = colours[rows] + 20, colours[rows] - 20  # only the scored reals are not flat
    faces, real = painted.faces(pictures, attributes, cache), reference()
    trained = Faces.open(cache, split).first(made[max(made)][1].train_images)
    inputs = (run, real, Statistics.of(real.scored), faces, trained, folder / "scores")
    figures = evaluate(*inputs, network=network, attributes=names, seed=SEED)
    sides = (colours[rows].astype(np.float32) for rows in (real.scored_rows, trained.rows, real.held_out_rows))
    return Case(figures, folder / "scores", faces, fakes, *sides, real.scored_rows, real.held_out_rows)


@pytest.fixture(scope="module")
def obeyed(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Evaluation of a run whose earlier snapshots ignore their conditions."""
    return case(tmp_path_factory.mktemp("obeyed"), {2: DAZZLED, 10: CONSTANT, 12: CONDITIONED})


def padded(colours: np.ndarray) -> np.ndarray:
    """The features that MeanColour gives for pictures of these colours (N, 3)."""
    return np.pad(colours, ((0, 0), (0, inception.DIMENSIONS - 3)))


def closer_than_held_out(done: Case) -> float:
    own, new = (nearness(side, done.trained) for side in (done.fakes, done.held_out))
    return (own[:, None] < new).mean() + (own[:, None] == new).mean() / 2


def test_fake_has_the_conditions_of_its_scored_real_and_a_latent_of_the_stream_for_scores(obeyed: Case) -> None:
    hair, eyes = obeyed.conditions.T
    z = random.sample_latent("uniform", SAMPLES, 3, stream(SEED, "scores")).numpy()
    np.testing.assert_allclose(obeyed.fakes, 255 * (np.array(HAIR)[hair] + np.array(EYES)[eyes] + 0.02 * z), atol=0.51)
    assert len(np.unique(obeyed.conditions, axis=0)) == 6


def test_fakes_amid_wider_reals_are_precise_and_leave_reals_uncovered(obeyed: Case) -> None:
    assert obeyed.figures["precision"] == 1
    assert obeyed.figures["recall"] < 0.9
    expected = {"fid": fid(obeyed.scored, obeyed.fakes), "kid": kid(padded(obeyed.scored), padded(obeyed.fakes))}
    expected |= manifold(obeyed.scored, obeyed.fakes)
    assert {key: obeyed.figures[key] for key in expected} == pytest.approx(expected, rel=1e-6)


def test_snapshots_are_scored_in_the_order_of_their_steps(obeyed: Case) -> None:
    curve = pd.read_csv(obeyed.folder / "scores.csv")
    assert curve["step"].tolist() == [2, 10, 12]
    constant = np.tile(np.float32([51, 76, 102]), (SAMPLES, 1))  # 255 * (0.2, 0.3, 0.4), and 76.5 rounded to even
    assert curve["fid"][1] == pytest.approx(fid(obeyed.scored, constant), rel=1e-4)
    assert curve["kid"][1] == pytest.approx(kid(padded(obeyed.scored), padded(constant)), rel=1e-4)
    assert curve[["fid", "kid"]].iloc[2].to_dict() == pytest.approx({key: obeyed.figures[key] for key in ("fid", "kid")}, rel=1e-5)
    assert curve["fid"][0] > obeyed.figures["fid"]


def test_floor_is_of_held_out_faces_against_the_scored_ones(obeyed: Case) -> None:
    assert obeyed.figures["fid_floor"] == pytest.approx(fid(obeyed.scored, obeyed.held_out), rel=1e-6)
    assert obeyed.figures["kid_floor"] == pytest.approx(kid(padded(obeyed.scored), padded(obeyed.held_out)), rel=1e-6)


def test_copies_are_searched_for_among_all_training_pictures(obeyed: Case) -> None:
    assert obeyed.figures["closer_than_held_out"] == pytest.approx(closer_than_held_out(obeyed))
    assert (obeyed.figures["seen_samples"], obeyed.figures["held_out_samples"]) == (TRAINED, SAMPLES)
    assert (obeyed.figures["samples"], obeyed.figures["real_samples"]) == (SAMPLES, SAMPLES)


def test_closest_pair_is_the_planted_copy_and_the_ten_are_shown_fake_above_face(obeyed: Case) -> None:
    apart = distances(obeyed.fakes, obeyed.trained)
    nearest = nearness(obeyed.fakes, obeyed.trained).argsort(kind="stable")[:10]
    assert (nearest[0], apart[COPIED].min()) == (COPIED, 0)
    with Image.open(obeyed.folder / "closest.png") as sheet:
        step = painted.SIZE + 2
        assert sheet.size == (10 * step + 2, 2 * step + 2)
        shown = np.array([[sheet.getpixel((30 + step * column, 30 + step * row)) for column in range(10)] for row in range(2)])
    np.testing.assert_array_equal(shown[0], obeyed.fakes[nearest])
    np.testing.assert_array_equal(shown[1], obeyed.trained[apart[nearest].argmin(axis=1)])


def test_generator_that_follows_its_conditions_has_a_hit_rate_of_one_and_no_false_alarms(obeyed: Case) -> None:
    figures = obeyed.figures
    assert (figures["hair_judged"], figures["hair_hit_rate"], figures["hair_false_alarm_rate"]) == (2, 1, 0)
    assert (figures["eyes_judged"], figures["eyes_hit_rate"], figures["eyes_false_alarm_rate"]) == (1, 1, 0)
    assert min(figures["hair_accuracy"], figures["eyes_accuracy"]) > 0.95
    assert "not_judged" not in figures


def test_diversity_is_that_of_the_fakes_over_that_of_the_reals_for_the_same_conditions(obeyed: Case) -> None:
    same = (obeyed.conditions[:, None] == obeyed.conditions).all(axis=2) & ~np.eye(SAMPLES, dtype=bool)
    fakes, reals = (np.square(distances(side, side))[same].mean() for side in (obeyed.fakes, obeyed.scored))
    assert obeyed.figures["diversity_within"] == pytest.approx(fakes / reals, rel=1e-6)
    assert obeyed.figures["diversity_within"] < 0.1  # (0.02 / 0.1)^2 of the noise, and rounding


def test_missing_metrics_are_named_in_the_metrics_and_explained_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = case(tmp_path, {12: CONDITIONED}, only="Black_Hair", names=["Eyeglasses"]).figures
    assert (figures["hair_judged"], figures["eyes_judged"], figures["hair_hit_rate"]) == (1, 0, 1)
    assert "eyes_hit_rate" not in figures
    assert figures["not_judged"] == "share_Eyeglasses, hair.Blond_Hair, eyes.Eyeglasses"
    _, note, _ = (line for line in capsys.readouterr().err.splitlines() if line.startswith("not judged: "))
    assert note.startswith("not judged: hair.Blond_Hair: fewer than 5 of the real pictures have it")
    save_metrics(figures, tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["not_judged"] == figures["not_judged"]


def test_figures_of_conditions_held_out_and_unknown_attributes_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = case(tmp_path, {12: painted.grey()}, split="all", names=["Smiling"])
    assert done.figures["not_judged"] == "share_Smiling"
    assert "not judged: share_Smiling: the pictures have no such attribute" in capsys.readouterr().err
    np.testing.assert_array_equal(done.fakes, 128)
    of_labels = ("hair", "eyes", "diversity", "explained", "share", "closer", "seen", "held")
    assert not {key for key in done.figures if key.startswith(of_labels)}
    assert not [*done.folder.iterdir()]
    unscored = np.delete(done.trained, done.scored_rows, axis=0)
    others = unscored[np.arange(SAMPLES) * len(unscored) // SAMPLES]
    assert done.figures["fid_floor"] == pytest.approx(fid(done.scored, others), rel=1e-6)


def test_share_of_an_attribute_is_reported_for_fakes_and_held_out_faces(tmp_path: Path) -> None:
    done = case(tmp_path, {12: DAZZLED}, names=["Eyeglasses", "Smiling"])
    figures = done.figures
    assert figures["not_judged"] == "share_Smiling"
    assert (figures["share_Eyeglasses"], figures["eyes_false_alarm_rate"]) == (1, 1)
    shown = done.faces.table["Eyeglasses"].to_numpy() == 1
    assert figures["share_Eyeglasses_real"] == shown[done.held_out_rows].mean() != shown[done.scored_rows].mean()
    assert figures["share_Eyeglasses_excess"] == pytest.approx(1 - figures["share_Eyeglasses_real"])
    assert figures["share_Eyeglasses_accuracy"] == figures["eyes_accuracy"]


def test_variance_between_conditions_is_a_share_of_all(obeyed: Case) -> None:
    for name, side in (("explained", obeyed.fakes), ("explained_real", obeyed.scored)):
        side = side.astype(np.float64)
        means = [side[(obeyed.conditions == same).all(axis=1)].mean(axis=0) for same in obeyed.conditions]
        between = np.square(np.array(means) - side.mean(axis=0)).sum() / np.square(side - side.mean(axis=0)).sum()
        assert obeyed.figures[name] == pytest.approx(between, rel=1e-6)
    assert obeyed.figures["explained"] > 0.99 > obeyed.figures["explained_real"]
    assert obeyed.figures["hair_lift"] == 1


def test_values_out_of_range_are_counted_before_they_are_clipped(obeyed: Case, tmp_path: Path) -> None:
    assert obeyed.figures["fakes_out_of_range"] == 0
    red_without_green = painted.painter([[1.5, -0.5, 0.4]] * 3, [[0, 0, 0]] * 2)
    assert case(tmp_path, {12: red_without_green}).figures["fakes_out_of_range"] == pytest.approx(2 / 3)


def test_copies_are_searched_for_among_training_pictures_only(tmp_path: Path) -> None:
    generator, report = CONDITIONED
    few = (generator, report.model_copy(update={"train_images": 30}))
    done = case(tmp_path, {12: few})
    assert done.figures["closer_than_held_out"] == pytest.approx(closer_than_held_out(done))
    assert len(done.trained) == done.figures["seen_samples"] == 30


def initial_dcgan56(folder: Path) -> Path:
    """A generator of pictures that are not of a single colour."""
    settings = painted.report("dcgan56", width=0.02)
    run = painted.run(Outputs.below(folder), {12: (settings.networks(1)["generator"], settings)})
    return run.run / "generator.safetensors"


def test_sharpness_is_that_of_the_fakes_over_that_of_the_scored_reals(obeyed: Case, tmp_path: Path) -> None:
    assert obeyed.figures["sharpness"] == 0  # of flat fakes; without edges in the reals there would be none
    path = initial_dcgan56(tmp_path)
    pictures = np.zeros((4, painted.SIZE, painted.SIZE, 3), np.uint8)
    pictures[:2, ::2] = 255  # stripes, sharper than any fake; the other two have no edges
    faces = painted.faces(pictures, table(np.random.default_rng(0))[:4], tmp_path / "faces")
    fakes = Fakes.of(path, faces, np.arange(4), SEED)
    found = pixel_figures(fakes, faces, np.array([0, 1]))["sharpness"]
    assert found == pytest.approx(sharpness(fakes) / 510**2, rel=1e-6)  # each Laplacian is 510 up or down
    assert 0 < found < 1
    assert "sharpness" not in pixel_figures(fakes, faces, np.array([2, 3]))


def test_fakes_of_another_size_are_scored_at_that_of_the_crop(tmp_path: Path) -> None:
    faces = painted.faces(np.full((4, 3), 9, np.uint8), table(np.random.default_rng(0))[:4], tmp_path / "faces")
    fakes = Fakes.of(initial_dcgan56(tmp_path), faces, np.arange(4), SEED)
    (drawn,), (pictures,) = fakes.drawn(), fakes
    assert drawn.shape == (4, 3, 56, 56)
    assert torch.equal(pictures, resized(to_uint8(drawn, (-1, 1)), painted.SIZE))
    assert (pictures.shape, pictures.dtype) == ((4, 3, painted.SIZE, painted.SIZE), torch.uint8)
