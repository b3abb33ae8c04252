"""Saving as often as it costs little, on a clock that the test moves."""

import pytest

from ganlib.support import schedule
from ganlib.support.schedule import CheckpointSchedule


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(schedule.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(("cost", "pause"), [(0.01, 0.5), (1.0, 50.0), (6.0, 300.0), (60.0, 300.0)])
def test_a_save_costs_two_percent_of_the_time_and_comes_every_five_minutes_at_least(clock, cost, pause):
    some = CheckpointSchedule()
    some.saved(cost)
    clock[0] += pause - 0.001
    assert not some.due(7)
    clock[0] += 0.002
    assert some.due(7)


def test_first_save_comes_after_ten_seconds(clock):
    some = CheckpointSchedule()
    assert not some.due(1)
    clock[0] += 10
    assert some.due(2)


def test_tests_may_ask_for_a_number_of_steps(clock):
    some = CheckpointSchedule(3)
    assert [step for step in range(1, 10) if some.due(step)] == [3, 6, 9]
