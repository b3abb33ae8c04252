"""What is written by hand about the reports is about reports that there are, and its counts are the nets' own."""

import pytest

from ganlib import params
from ganlib.models import registry
from ganlib.page.about import REPORTS, about

OF_NO_REPORT = {"preview", "evening"}


def test_words_are_about_reports_and_baselines():
    settings = params.load()
    assert set(REPORTS) <= {*settings.reports, *settings.baselines, "curve"}


@pytest.mark.parametrize("name", [name for name, words in REPORTS.items() if words.parameters])
def test_parameters_at_the_reports_own_width_are_those_of_its_nets(name):
    block = {key: value for key, value in params.own(name).items() if key not in OF_NO_REPORT}
    nets = registry.settings_of(name).model_validate(block).build()
    assert about(name).parameters == tuple(sum(weight.numel() for weight in net.parameters()) for net in nets.values())
