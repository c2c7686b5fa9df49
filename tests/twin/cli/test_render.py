"""Figures and names as people read them."""

import pytest

from twin.words import counts, names, plural, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (1234567, "1,234,567"),
        (0.0, "0.0"),
        (1234.56, "1,234.6"),
        (0.000012, "1.2e-05"),
        (["A", "B"], "A, B"),
        ("B1-M01", "B1-M01"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "Server", "1 Server"),
        (2000, "Server", "2,000 Servers"),
        (2, "Busway", "2 Busways"),
        (2, "WaterSupply", "2 WaterSupplies"),
        (2, "UPS", "2 UPS"),
        (3, "CDU", "3 CDUs"),
        (3, "RackPDU", "3 RackPDUs"),
        (2, "TransferSwitch", "2 TransferSwitches"),
        (0, "load", "0 loads"),
    ],
)
def test_labels_get_a_plural(count, noun, text):
    assert plural(count, noun) == text


def test_counts_come_largest_first_and_long_lists_are_summed_up():
    assert counts({"Cabinet": 1, "Server": 7}) == "7 Servers, 1 Cabinet"
    assert counts({"A": 5, "B": 4, "C": 3, "D": 2}, 2) == "5 As, 4 Bs, 5 others"
    assert counts({}) == ""


def test_long_lists_of_names_say_how_many_more_there_are():
    assert names(["a", "b"]) == "a, b"
    assert names([str(n) for n in range(1000)], 2) == "0, 1 and 998 more"
