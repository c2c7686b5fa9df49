"""Gaps are the messages that never came, whatever the order and however often the others came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from oracles.live import missing

from twin.live.sequence import Sequence


@given(
    first=st.integers(0, 2**40),
    kept=st.lists(st.booleans(), min_size=1, max_size=60),
    shuffle=st.randoms(use_true_random=False),
    again=st.lists(st.integers(0, 59), max_size=10),
)
def test_gaps_are_what_never_came(first, kept, shuffle, again):
    sent = [first + n for n, keep in enumerate(kept) if keep]
    if not sent:
        return
    head, rest = sent[0], sent[1:]
    shuffle.shuffle(rest)
    arrivals = [head, *rest]
    for place in again:
        if place < len(arrivals):
            arrivals.append(arrivals[place])
    numbers = Sequence()
    told = [numbers.note(number, float(number)) for number in arrivals]
    assert numbers.gaps == missing(arrivals)
    assert told.count("duplicate") == len(arrivals) - len(set(arrivals))
    assert "restart" not in told


def test_a_lower_number_with_a_newer_time_is_a_source_that_began_anew():
    numbers = Sequence()
    assert [numbers.note(n, float(n)) for n in (10, 11, 13)] == ["next", "next", "gap"]
    assert numbers.note(0, 14.0) == "restart"
    assert numbers.note(1, 15.0) == "next"
    assert numbers.gaps == 1


def test_a_jump_that_no_loss_explains_is_a_restart_and_takes_no_memory():
    numbers = Sequence()
    numbers.note(0, 0.0)
    assert numbers.note(2**50, 1.0) == "restart"
    assert numbers.gaps == 0
    assert numbers.note(2**50 + 900_000, 2.0) == "gap"
    assert numbers.gaps == 899_999
    assert numbers.note(2**50 + 899_999, 2.0) == "late"
    assert numbers.gaps == 899_998


def test_holes_beyond_number_take_bounded_memory():
    numbers = Sequence()
    for number in range(0, 6_000, 3):
        numbers.note(number, float(number))
    assert numbers.gaps == 2 * 1_999
    assert numbers.note(4, 1e9) == "restart", "so long ago that it is forgotten"
    again = Sequence()
    again.note(0, 0.0)
    again.note(900_000, 1.0)
    for number in range(1, 6_000, 2):
        assert again.note(number, 2.0) == "late"
    assert again.gaps == 899_999 - 3_000
    assert len(again._firsts) <= 1_000
