"""Lines, ticks and tracks are at the positions of their values."""

import re

import pytest

from ganlib.page.charts import BOTTOM, HEIGHT, LEFT, POINTS, RIGHT, TOP, WIDTH, Chart, Line, downsample, short, ticks
from ganlib.page.spread import Spread
from ganlib.page.tracks import Axis


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.25, 0.5, 0.75, 1.0]), (0, 3, [0, 1, 2, 3]), (-0.2, 0.19, [-0.2, -0.1, 0, 0.1, 0.2]), (7, 7, [6, 8]), (0, 0, [0, 0.25])],
)
def test_ticks_are_round_and_enclose_the_values(low, high, expected):
    found = ticks(low, high)
    assert found[0] <= low
    assert high <= found[-1]
    if low != high:
        assert found == pytest.approx(expected)


def test_line_runs_from_corner_to_corner_of_the_frame():
    svg = Chart("Loss", [0, 50, 100], [Line("D", [0.0, 1.5, 3.0], "d")]).svg()
    points = [tuple(map(float, point.split())) for point in re.search(r'<path class="d" d="M([^"]*)"', svg)[1].split("L")]
    assert points == [(LEFT, HEIGHT - BOTTOM), ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2), (WIDTH - RIGHT, TOP)]
    assert 'aria-label="Loss over 100 steps: D from 0 to 3"' in svg
    assert 'data-low="0" data-high="3"' in svg


def test_nan_is_left_out_of_the_line():
    svg = Chart("Loss", [0, 1, 2], [Line("D", [1.0, float("nan"), 2.0], "d")]).svg()
    assert svg.count("L") == 1 + svg.count("Loss")
    assert "nan" not in svg


def test_downsampled_line_keeps_its_ends_and_its_peak():
    points = [(float(step), 0.0) for step in range(10_000)]
    points[0], points[5003], points[-1] = (0.0, 1.0), (5003.0, 99.0), (9999.0, 2.0)
    kept = downsample(points)
    assert len(kept) == POINTS
    assert {points[0], points[5003], points[-1]} <= set(kept)
    assert [step for step, _ in kept] == sorted({step for step, _ in kept})


def test_short_numbers_have_a_true_minus_sign():
    assert [short(value) for value in (-0.5, 1234567, 0.12345)] == ["\N{MINUS SIGN}0.5", "1,234,567", "0.123"]


def test_track_places_floor_interval_run_and_seeds_on_one_line():
    figures = {"kid": 0.5, "kid_low": 0.4, "kid_high": 0.6, "kid_floor": 0.0}
    axis = Axis("kid", 1.0)
    track = axis.track(figures, Spread((0.2, 0.3), 4000))
    for part in (
        '<i class="seeds" style="left:20.00%;width:10.00%">',
        '<i class="seed" style="left:30.00%">',
        '<i class="floor" style="left:0.00%">',
        '<i class="interval" style="left:40.00%;width:20.00%">',
        '<i class="this" style="left:50.00%">',
    ):
        assert part in track
    words = "KID 0.500, 95% interval 0.400 to 0.600; real pictures 0.000; 2 trainings of 4,000 steps 0.200 to 0.300"
    assert f'aria-label="{words}"' in track


def test_axis_reaches_beyond_the_largest_end():
    assert Axis.of("kid", [{"kid_high": 0.5}, {}], [{}, {"kid": Spread((0.2, 0.8), 1)}]).high == pytest.approx(0.8 * 1.04)
