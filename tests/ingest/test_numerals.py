"""Numbers as people write them, and what could mean two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.numerals import measure, numeral, refusal


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4.0), ("-4.5", -4.5), (".5", 0.5), ("1e3", 1000.0), ("2.5E-1", 0.25), ("7,5", 7.5), ("0,25", 0.25),
        ("1,250.5", 1250.5), ("1.250,5", 1250.5), ("1,234,567", 1234567.0), ("1.234.567", 1234567.0),
        ("1 250", 1250.0), ("1\u00a0250,5", 1250.5), ("1'250", 1250.0), ("1.250", 1.25), ("12,34,5", None),
        ("4,000", None), ("1,2,3", None), ("", None), (".", None), ("1 25", None), ("1_000", None), ("nan", None),
        ("inf", None), ("1e999", None), ("1,25.5", None),
    ],
)  # fmt: skip
def test_a_text_is_a_number_where_it_can_be_only_one(text: str, number: float | None) -> None:
    assert numeral(text) == number


def test_the_sign_before_decimals_settles_what_a_number_is() -> None:
    assert (numeral("4,000", ","), numeral("4,000", ".")) == (4.0, 4000.0)
    assert (numeral("1.250", ","), numeral("1.250", ".")) == (1250.0, 1.25)
    assert numeral("7,5", ".") is None


@given(st.integers(-(10**9), 10**9), st.integers(0, 999))
def test_groups_and_decimals_come_back(whole: int, thousandths: int) -> None:
    number = whole + thousandths / 1000 if whole >= 0 else whole - thousandths / 1000
    text = f"{whole:,}.{thousandths:03}"
    assert numeral(text, ".") == pytest.approx(number)
    swapped = text.translate(str.maketrans(",.", ".,"))
    assert numeral(swapped, ",") == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("400 kW", (400.0, "kW")), ("1.2 MVA", (1.2, "MVA")), ("500kVA", (500.0, "kVA")), ("7,5 kW", (7.5, "kW")),
        ("1 250 kW", (1250.0, "kW")), ("10 m3/h", (10.0, "m3/h")), ("5", (5.0, "")), ("100 %", (100.0, "%")),
        ("2e3 W", (2000.0, "W")), ("3 x 100 kW", (3.0, "x 100 kW")), ("kW", None), ("4,000 A", None), ("", None),
    ],
)  # fmt: skip
def test_a_number_and_the_unit_behind_it(text: str, found: tuple[float, str] | None) -> None:
    assert measure(text) == found


def test_why_there_is_none() -> None:
    assert "two numbers" in refusal("4,000 A")
    assert "is no number" in refusal("a lot")


@given(st.text(max_size=40))
def test_no_text_ends_in_an_error(text: str) -> None:
    found = measure(text)
    assert found is None or found[0] == found[0]
