"""The hand-written texts are about reports that exist, and their parameter counts are those of the nets."""

import pytest

from ganlib import params
from ganlib.models import registry
from ganlib.page.about import REPORTS, About, about


def test_texts_are_about_reports_that_exist_and_a_new_report_needs_none():
    settings = params.load()
    assert set(REPORTS) <= {*settings.reports, *settings.baselines, "curve"}
    assert all(words.citation and words.nets and words.claim for words in REPORTS.values())
    assert about("mine") == About()


@pytest.mark.parametrize("name", [name for name, words in REPORTS.items() if words.parameters])
def test_parameters_at_the_reports_width_are_counted_from_its_nets(name):
    block = {key: value for key, value in params.own(name).items() if key not in ("preview", "evening")}
    nets = registry.settings_of(name).model_validate(block).build()
    assert about(name).parameters == tuple(sum(weight.numel() for weight in net.parameters()) for net in nets.values())
