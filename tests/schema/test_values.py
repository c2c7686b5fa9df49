"""Values become what is declared, or the reason is told."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schema
from schema.check import check_asset, coerce

UPS = schema.properties_of("UPS")


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("rated_kw", "400", 400.0),
        ("rated_kw", " 400.5 ", 400.5),
        ("rated_kw", 7, 7.0),
        ("standby", "TRUE", True),
        ("standby", "no", False),
        ("standby", 1.0, True),
        ("phases", "3", 3),
        ("phases", 3.0, 3),
        ("serial", 987530700.0, "987530700"),
        ("condition", "out", "out"),
        ("condition_since", "2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("condition_since", "2026-11-22 10:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
    ],
)
def test_a_good_value_becomes_its_kind(name, raw, expected):
    value = coerce(UPS[name], raw)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("rated_kw", "lots", "is not a number"),
        ("rated_kw", "nan", "is not a finite number"),
        ("rated_kw", "inf", "is not a finite number"),
        ("rated_kw", "1_000", "is not a number"),
        ("rated_kw", True, "is not a number"),
        ("rated_kw", "-1", "is below 0"),
        ("efficiency", "0", "is not above 0"),
        ("efficiency", "1.01", "is above 1"),
        ("standby", "maybe", "is not true or false"),
        ("phases", "2.5", "is not a whole number"),
        ("phases", str(2**70), "is too large"),
        ("condition", "broken", "is none of up, down, out"),
        ("condition_since", "yesterday", "is not a time"),
        ("name", "a\x00b", "NUL"),
    ],
)
def test_a_bad_value_says_what_was_expected(name, raw, reason):
    with pytest.raises(ValueError, match=reason):
        coerce(UPS[name], raw)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()), st.sampled_from(sorted(UPS)))
def test_any_value_is_either_of_its_kind_or_refused(raw, name):
    kinds = {"text": str, "integer": int, "number": float, "boolean": bool, "time": datetime}
    try:
        value = coerce(UPS[name], raw)
    except ValueError as error:
        assert str(error)
    else:
        assert type(value) is kinds[UPS[name].kind]
        assert not isinstance(value, float) or math.isfinite(value)


def test_all_that_is_wrong_with_an_asset_is_told_at_once():
    assert check_asset("Teapot", {"id": "T"}) == [("label", "'Teapot' is not a label of the schema")]
    assert check_asset("UPS", {"rated_kw": "x", "colour": "red"}) == [
        ("rated_kw", "'x' is not a number"),
        ("colour", "is not a declared property"),
        ("id", "is missing"),
    ]
    assert check_asset("UPS", {"id": "U", "rated_kw": 400.0, "side": "A"}) == []
