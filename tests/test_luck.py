"""Where luck comes from: the shares of simulated sources, and what one training of a source leaves in the table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import luck
from ganlib import params
from ganlib.models.report import Seeds
from tools import seeds


def simulated(deviations: dict[str, float], together: float = 0.0, n: int = 10, seed: int = 0) -> dict[str, np.ndarray]:
    """Runs whose sources add up, except for what all of them do together; a source's runs hold the others."""
    rng = np.random.default_rng(seed)
    interaction = {source: rng.normal(0, together, n) for source in (*deviations, luck.ALL)}
    alone = {source: rng.normal(0, deviation, n) for source, deviation in deviations.items()}
    every = sum(rng.normal(0, deviation, n) for deviation in deviations.values())
    return {luck.ALL: every + interaction[luck.ALL], **{source: alone[source] + interaction[source] for source in deviations}}


def test_shares_of_sources_that_add_up_are_those_of_their_variances_and_nothing_is_left_over() -> None:
    found = luck.decompose(simulated({"weights": 0.06, "order": 0.08}, n=20_000))
    assert found["weights"].value == pytest.approx(0.36, abs=0.02)
    assert found["order"].value == pytest.approx(0.64, abs=0.03)
    assert found["left over"].value == pytest.approx(0, abs=0.03)
    assert found["left over"].low < 0 < found["left over"].high


def test_interaction_counts_for_each_source_and_leaves_less_than_nothing_over() -> None:
    found = luck.decompose(simulated({"weights": 0.03, "order": 0.04}, together=0.05, n=20_000))  # variances 9, 16 and 25 of 50
    assert found["weights"].value == pytest.approx(34 / 50, abs=0.03)
    assert found["order"].value == pytest.approx(41 / 50, abs=0.03)
    assert found["left over"].value == pytest.approx(-25 / 50, abs=0.05)


def test_intervals_of_ten_runs_contain_the_true_shares_and_remainder_as_often_as_they_say() -> None:
    truth = {"weights": 0.36, "order": 0.64, "left over": 0.0}
    studies = [luck.decompose(simulated({"weights": 0.06, "order": 0.08}, seed=seed), draws=1000) for seed in range(600)]
    for name, value in truth.items():
        assert 0.92 < np.mean([of[name].low <= value <= of[name].high for of in studies]) < 0.985


def test_interval_of_a_share_is_that_of_f() -> None:
    values = simulated({"weights": 0.06})
    found = luck.decompose(values)["weights"]
    share = values["weights"].var() / values[luck.ALL].var()
    assert found == pytest.approx((share, share / 4.026, share * 4.026), rel=0.03)  # F(9, 9) at 97.5%, from a table


def test_interval_of_a_spread_is_that_of_chi_squared() -> None:
    found = luck.spread(np.array([-1.0, 0.0, 1.0] * 3 + [0.0]))
    assert found == pytest.approx((0.8165, 0.8165 * 0.6878, 0.8165 * 1.8256), rel=1e-3)  # n = 10: 3 / sqrt(19.023), 3 / sqrt(2.700)


def test_interval_of_a_ratio_of_spreads_over_the_same_runs_contains_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    runs = rng.normal(0, 1, (2000, 2, 10))
    intervals = [luck.ratio_of_spreads(0.5 * (0.6 * common + 0.8 * own), common) for common, own in runs]
    assert 0.94 < np.mean([of.low <= 0.5 <= of.high for of in intervals]) < 0.96
    assert np.median([of.value for of in intervals]) == pytest.approx(0.5, rel=0.03)


def test_mean_over_moments_narrows_the_spread_where_the_noise_is_of_the_moment() -> None:
    """KIDs of ten runs at five moments: what lasts in a run has the same variance as what is of the moment, so the ratio is sqrt(0.6)."""
    rng = np.random.default_rng(0)

    def ratio() -> float:
        moments = rng.normal(0, 0.05, (10, 1)) + rng.normal(0, 0.05, (10, 5))
        return luck.ratio_of_spreads(moments.mean(axis=1), moments[:, -1]).value

    assert np.median([ratio() for _ in range(500)]) == pytest.approx(0.6**0.5, rel=0.05)


def test_every_source_of_a_report_varies_alone_and_the_run_in_which_none_does_is_trained_once() -> None:
    found = list(luck.tasks(params.load().report("dense64"), 3))
    assert found[:3] == [(luck.ALL, 1), (luck.ALL, 2), (luck.ALL, 3)]
    assert found[3:] == [(source, seed) for source in (*Seeds.model_fields, luck.FAKES) for seed in (2, 3)]
    assert "dropout" not in dict(luck.tasks(params.load().report("dcgan64"), 3))


@pytest.mark.parametrize(
    ("source", "seed", "trained", "own", "drawn"),
    [("all", 3, 3, {}, 3), ("order", 3, 1, {"order": 3}, 1), ("fakes", 3, 1, {}, 3)],
)
def test_run_has_the_seed_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, seed: int, trained: int, own: dict[str, int], drawn: int
) -> None:
    seen: dict[str, Any] = {}

    def train(name: str, report: Any, faces: Any, outputs: Any, checkpoints: Path, **rest: Any) -> None:
        seen.update(report=report, checkpoints=checkpoints, **rest)

    class Anything:
        floor_reals = scored = scored_rows = np.zeros(1)

        def __init__(self, *given: Any) -> None: ...

        def __len__(self) -> int:
            return 4000

        def features(self, *given: Any) -> None: ...

    monkeypatch.setattr(luck.loop, "train", train)
    monkeypatch.setattr(luck.Faces, "open", Anything)
    monkeypatch.setattr(luck.Reference, "load", Anything)
    monkeypatch.setattr(luck.inception, "load", lambda *_, **__: None)
    monkeypatch.setattr(luck.Fakes, "of", lambda *given: (seen.update(drawn=given[-1]), Anything())[1])
    monkeypatch.setattr(luck, "compare", lambda *_: {"kid": 0.2})
    monkeypatch.setattr(luck, "floor", lambda *_: {"kid_floor": 0.0})
    monkeypatch.setattr(luck.scoring, "kid_of_moments", lambda *given: given[-1])
    found = luck.figures("dcgan64", source, seed, tmp_path / f"dcgan64-{source}-{seed}")
    assert found == {"kid": 0.2, "kid_floor": 0.0, "kid_moments": drawn}
    assert (seen["seed"], seen["report"].own_seeds, seen["drawn"]) == (trained, own, drawn)
    assert (seen["report"].ema, seen["report"].snapshots.at) == (None, [1920, 2040, 2160, 2280])
    assert seen["checkpoints"].name == ("dcgan64-all-1" if source == "fakes" else f"dcgan64-{source}-{seed}")


def test_page_has_the_sources_and_the_ratio_of_each_report() -> None:
    rows = [
        {"report": "dense64", "dataset": "toons", "source": source, "seed": seed, "kid": 0.2 + 0.01 * seed, "fid": 200.0 + seed}
        | {"kid_moments": 0.2 + 0.005 * seed if source == luck.ALL else np.nan, "kid_floor": 0.0, "fid_floor": 20.0}
        for source, count in ((luck.ALL, 10), ("weights", 4))
        for seed in range(1 if source == luck.ALL else 2, count + 1)
    ]
    found = pd.DataFrame(rows)
    every, weights, rest = seeds.luck_of(found)
    assert every[:3] == ["`dense64` (toons)", "all", "10"]
    assert every[4] == rest[3] == ""
    assert weights[1:3] == ["weights", "4"]  # the run of seed 1 is that of all
    assert rest[1] == "left over"
    assert list(seeds.luck_of(found[found["source"] == luck.ALL])) == []
    ((report, *_, ratio),) = seeds.moments_of(found)
    assert report == "`dense64`"
    assert ratio.startswith("0.5")


def test_page_says_of_the_measured_shares_what_they_are() -> None:
    measured = pd.read_csv(luck.TABLE)
    for _, of in measured.groupby("report"):
        for score in ("kid", "fid"):
            shares = luck.decompose(luck.log_excess(of, score))
            assert shares[luck.FAKES].value < 0.1
            assert all(shares[source].low < 1 < shares[source].high for source in set(shares) - {luck.FAKES, "left over"})
