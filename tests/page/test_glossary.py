"""The glossary explains metrics by their names, and writes their values for people."""

import pytest

from ganlib.page.glossary import Entry, entry


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("kid_low", "KID, low"),
        ("hair_accuracy", "hair classifier’s accuracy"),
        ("share_Wearing_Hat_real", "reals with wearing hat"),
        ("rate_second_critic", "rate of the second critic"),
    ],
)
def test_metric_of_a_family_is_explained_by_it(key, name):
    assert entry(key).name == name
    assert entry(key).text


@pytest.mark.parametrize("key", ["kidd", "kid_lowest", "d_accuracy2", "_hit_rate", "share_", "gradient_low"])
def test_unknown_metric_is_a_name_without_an_explanation(key):
    assert (entry(key).name, entry(key).text, entry(key).format(0.12345)) == (key.replace("_", " "), "", "0.1235")


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (".3f", -0.0001, "0.000"),
        (".3f", -0.25, "\N{MINUS SIGN}0.250"),
        (".0%", 0.5, "50%"),
        (",d", 1234.0, "1,234"),
        (".2f", "clean", "clean"),
    ],
)
def test_values_are_written_for_people(form, value, text):
    assert Entry("", "", form).format(value) == text
