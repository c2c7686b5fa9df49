"""Capacity-aware pairs found from their singles are those that simulating every pair finds."""

import re
from typing import Any

import numpy as np
import pytest
from engine_in_words import Asked
from hypothesis import given, settings
from hypothesis import strategies as st
from one_by_one import found, just_enough, one_by_one
from sketch import campus
from strategies import campuses, plants, questions, rings

from twin.impact import capacity
from twin.impact.settle import settle_base
from twin.impact.worse_pairs import worse_pairs
from twin.topology import from_records

SHAPES = {
    "loaded": campuses(most=10, load=True, ties=False),
    "tied": campuses(most=9, load=True, standby=True, space=True),
    "plant": plants(),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_worse_pairs_equal_one_cascade_after_the_other(shape: str, data: st.DataObject):
    asked = Asked(data.draw(SHAPES[shape]))
    base = asked.base(data.draw(questions(asked.records)).out)
    limit = data.draw(st.sampled_from((0.6, 1.0, 1.0, 1.4, 2.0, 3.0)))
    everything = list(range(len(base.topology)))
    some = data.draw(st.sampled_from((everything[:8], everything[::2], everything[:6])))
    worse = worse_pairs(base, np.array(some, np.int32), limit=limit)
    assert found(worse) == one_by_one(base, some, limit)


def hall(draw: Any, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Boards A and B, tied or not ─▶ three PDUs ─▶ three servers; both boards ─▶ three chillers ─▶ servers."""
    rating, tied = st.sampled_from((30.0, 36.0, 40.0, 48.0, 60.0, 90.0)), draw(st.booleans())
    policy, need = draw(st.sampled_from(("share", "transfer"))), draw(st.sampled_from((1, 2)))
    sides, places = (f"{number}A", f"{number}B"), range(3)
    assets = [{"id": side, "label": "Switchboard", "rated_kw": draw(rating), "efficiency": 0.9} for side in sides]
    assets += [{"id": f"{number}P{n}", "label": "PDU", "rated_kw": draw(rating), "efficiency": 0.95} for n in places]
    assets += [{"id": f"{number}C{n}", "label": "Chiller", "rated_cooling_kw": draw(rating) / 3} for n in places]
    draws = st.sampled_from((8.0, 10.0, 12.0))
    assets += [{"id": f"{number}S{n}", "label": "Server", "draw_kw": draw(draws)} for n in places]
    feeds = [(main, side) for main, side in zip("UV", sides, strict=True)]
    feeds += [sides, sides[::-1]] if tied else []
    feeds += [(f"{number}P{place % 3}", f"{number}S{n}") for n in places for place in (n, n + 1)]
    fed = [(side, f"{number}{kind}{n}") for n in places for kind in "PC" for side in sides]
    supplies: list[dict[str, Any]] = [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in feeds]
    supplies += [{"source_id": one, "type": "FEEDS", "target_id": other, "policy": policy} for one, other in fed]
    cooled = [(f"{number}C{chiller}", f"{number}S{n}") for n in places for chiller in places]
    supplies += [{"source_id": one, "type": "COOLS", "target_id": other, "need": need} for one, other in cooled]
    return assets, supplies


@given(data=st.data())
def test_halls_that_share_only_utilities(data: st.DataObject):
    assets: list[dict[str, Any]] = [{"id": name, "label": "UtilityFeed", "rated_kw": 150.0} for name in "UV"]
    supplies: list[dict[str, Any]] = []
    for number in range(2):
        more, feeds = hall(data.draw, number)
        assets, supplies = assets + more, supplies + feeds
    topology = from_records(assets, supplies)
    base, limit = settle_base(topology), data.draw(st.sampled_from((0.8, 1.0, 1.2, 2.0)))
    others = np.flatnonzero(topology.label != topology.labels.index("Server")).astype(np.int32)
    scope = others[data.draw(st.integers(0, 1)) :: 2]
    worse = worse_pairs(base, scope, limit=limit)
    assert found(worse) == one_by_one(base, scope.tolist(), limit)


NARROW = {"loaded": campuses(most=10, load=True, standby=True, space=True), "plant": plants(), "ring": rings()}


@pytest.mark.parametrize("shape", NARROW)
@settings(max_examples=30)
@given(data=st.data())
def test_where_ratings_are_just_enough(shape: str, data: st.DataObject):
    records = data.draw(NARROW[shape])
    plain = from_records(records.assets, records.relationships)
    out = data.draw(st.lists(st.sampled_from(range(len(plain))), max_size=1))
    topology = from_records(just_enough(data.draw, records.assets, plain, out), records.relationships)
    base = settle_base(topology, out)
    scope = sorted(data.draw(st.permutations(range(len(topology))))[:10])
    assert found(worse_pairs(base, np.array(scope, np.int32))) == one_by_one(base, scope, 1.0)


ROOMS = "".join(
    f"{first}{n} Room | CONTAINS {first}{n + 1}\n" if n < 6 else f"{first}{n} Room\n"
    for first in ("many", "more")
    for n in range(1, 7)
)
"""Six in each other, so that a module takes more down than another single moves."""
CORDS = """
    X Switchboard rated_kw=8
    Y Switchboard
    Z Switchboard
    one PDU | FEEDS 1 of X Y
    two PDU | FEEDS Z
    s Server draw_kw=10 | FEEDS 1 of one two
    many Module | CONTAINS two many1
    more Module | CONTAINS Y more1
"""
"""X carries 2.5 kW, with `two` lost 5 and with Y lost 5; with both it carries all 10."""
IDLE = CORDS.replace("FEEDS 1 of one two", "FEEDS transfer of two one")
"""X carries nothing, with `two` lost 5 and with Y lost nothing; with both it carries all 10."""
RING = """
    U {source}
    W {source}
    V {source} {rated}=27
    b0 {board} | {kind} 1 of U b1
    b1 {board} | {kind} 1 of W b0 b2
    b2 {board} | {kind} 1 of V b1
    s0 Server draw_kw=10 | {kind} b0
    s1 Server draw_kw=10 | {kind} b1
    s2 Server draw_kw=10 | {kind} b2
"""
"""V carries 10, with U lost 10, with W lost 15; with both it carries all 30."""
INFEEDS = """
    U UtilityFeed
    X UtilityFeed
    W UtilityFeed rated_kw=17
    b0 Switchboard | FEEDS 1 of U X b1
    b1 Switchboard | FEEDS 1 of W b0
    s0 Server draw_kw=10 | FEEDS b0
    s1 Server draw_kw=10 | FEEDS b1
"""
"""W carries 10, and with U and X lost 20; no member of the ring carries more with one of the two lost."""
COOLED = (
    RING.format(source="Chiller", rated="rated_cooling_kw", board="Pump", kind="COOLS").replace("=27", "=22")
    + """
    Z Chiller
    s3 Server draw_kw=8 | COOLS 1 of V Z
    many Module | CONTAINS Z many1
"""
)
"""V carries 14, with W lost 19, with Z lost 18; with both 23."""
PARTS = """
    P PowerPath | PARTS x
    Q PowerPath | PARTS x
    x PDU
    s Server draw_kw=1 | FEEDS x
"""
BY_NAME = """
    P PowerPath | PARTS f r
    Q PowerPath | PARTS r
    f PDU
    r Cabinet | FEEDS f | CONTAINS s
    s Server
"""
"""With P lost r falls as well, but not by name, so that what it holds stays up."""
LATER = """
    A UPS
    B UPS
    x PDU | FEEDS 1 of A B
    y PDU rated_kw=8
    s Server draw_kw=10 | FEEDS 1 of x y
"""
"""With A and B lost x falls, and y carries 10 in place of 5."""
HELD = """
    a PDU
    b PDU | FEEDS a
    c Cabinet | FEEDS a | CONTAINS d
    d PDU
    s Server | FEEDS 1 of b d
"""
"""With a lost c falls, but what it holds stays up; d falls where c is named."""
SPARE = """
    U UtilityFeed
    V UtilityFeed
    G Generator standby=yes rated_kw=9
    b Switchboard | FEEDS 1 of U V G
    s Server draw_kw=10 | FEEDS b
"""

THROUGH = """
    P Chiller
    Q Chiller
    U UtilityFeed
    W UtilityFeed rated_kw=15
    b0 Switchboard | FEEDS 1 of U b1 | COOLS 1 of P Q
    b1 Switchboard | FEEDS 1 of b0 b2
    b2 Switchboard | FEEDS 1 of W b1
    s Server draw_kw=20 | FEEDS b1
"""
"""With P and Q lost b0 falls, and what stays of the ring takes all 20 from W in place of 10."""
WHOLE = """
    P Chiller
    Q Chiller
    U UtilityFeed rated_kw=21
    W UtilityFeed
    b0 Switchboard | FEEDS 1 of U b1 | COOLS 1 of P Q
    b1 Switchboard | FEEDS 1 of U b0 | COOLS 1 of P Q
    c Switchboard | FEEDS 1 of b0 b1
    s Server draw_kw=10 | FEEDS c
    t Server draw_kw=10 | FEEDS U
"""
"""With P and Q lost the ring falls as a whole, and all that takes from it."""
CALLED = """
    P Chiller
    Q Chiller
    U UtilityFeed
    G Generator standby=yes rated_kw=4
    u Switchboard | FEEDS U | COOLS 1 of P Q
    x Switchboard | FEEDS 1 of u G
    s Server draw_kw=10 | FEEDS x
"""
"""With P and Q lost u falls, and G has to carry all 10."""


@pytest.mark.parametrize(
    ("sketch", "pair", "lost", "tripped"),
    [
        (CORDS, ("many", "Y"), 10, 1),
        (CORDS, ("two", "more"), 10, 1),
        (IDLE, ("many", "Y"), 10, 1),
        (IDLE, ("two", "more"), 10, 1),
        (RING.format(source="UtilityFeed", rated="rated_kw", board="Switchboard", kind="FEEDS"), ("U", "W"), 7, 1),
        (INFEEDS, ("U", "X"), 5, 1),
        (COOLED, ("many", "W"), 9, 1),
        (PARTS, ("P", "Q"), 2, 0),
        (HELD, ("a", "c"), 3, 0),
        (BY_NAME, ("P", "Q"), 3, 0),
        (LATER, ("A", "B"), 3, 1),
        (SPARE, ("U", "V"), 3, 1),
        (THROUGH, ("P", "Q"), 5, 1),
        (WHOLE, ("P", "Q"), 4, 0),
        (CALLED, ("P", "Q"), 4, 1),
    ],
)
def test_pairs_whose_singles_do_no_harm(sketch: str, pair: tuple[str, str], lost: int, tripped: int):
    """Neither single trips anything; the larger of the two is failed first."""
    asked = campus(sketch + (ROOMS if "many" in sketch else ""))
    base, scope = asked.base(), asked.index(pair)
    worse = found(worse_pairs(base, np.array(scope, np.int32)))
    assert worse == one_by_one(base, scope, 1.0)
    assert [(row[0], row[2]) for row in worse.values()] == [(lost, tripped)]


SPACES = {
    "moves": """
        R Room | CONTAINS a
        a PDU
        b PDU rated_kw=8
        s Server draw_kw=10 | FEEDS 1 of a b
    """,
    "heat": """
        R Room | CONTAINS a
        a Chiller
        b Chiller rated_cooling_kw=8
        s Server draw_kw=10 | COOLS 1 of a b
    """,
    "further": """
        R Room | CONTAINS a
        a Chiller
        c PDU | COOLS a
        b PDU rated_kw=8
        s Server draw_kw=10 | FEEDS 1 of c b
    """,
    "above": """
        R Room | CONTAINS a
        U UtilityFeed rated_kw=8
        a PDU
        b PDU | FEEDS U
        s Server draw_kw=10 | FEEDS 1 of a b
    """,
    "losses": """
        R Room | CONTAINS a
        C Chiller rated_cooling_kw=8
        a PDU
        b PDU efficiency=0.5 | COOLS C
        s Server draw_kw=10 | FEEDS 1 of a b
    """,
    "standby": """
        R Room | CONTAINS u
        u Switchboard
        G Generator standby=yes rated_kw=4
        x Switchboard | FEEDS 1 of u G
        s Server draw_kw=10 | FEEDS x
    """,
    "ring": """
        R Room | CONTAINS b0
        U UtilityFeed
        W UtilityFeed rated_kw=15
        b0 Switchboard | FEEDS 1 of U b1
        b1 Switchboard | FEEDS 1 of b0 b2
        b2 Switchboard | FEEDS 1 of W b1
        s Server draw_kw=20 | FEEDS b1
    """,
    "called by what is held": """
        R Room | CONTAINS u x
        u Switchboard
        x Switchboard | FEEDS 1 of u G
        G Generator standby=yes rated_kw=4
        U UtilityFeed
        b0 Switchboard | FEEDS 1 of U b1
        b1 Switchboard | FEEDS 1 of b0 G
        s Server draw_kw=10 | FEEDS b1
    """,
    "called by what is held, needed beside another": """
        R Room | CONTAINS u x
        u Switchboard
        x Switchboard | FEEDS 1 of u G
        G Generator standby=yes rated_kw=4
        U UtilityFeed
        W UtilityFeed
        b0 Switchboard | FEEDS 1 of U b1
        b1 Switchboard | FEEDS 2 of W b0 G
        s Server draw_kw=10 | FEEDS b1
    """,
    "called by what falls": """
        R Room | CONTAINS u
        u Switchboard
        v Switchboard | FEEDS u
        x Switchboard | FEEDS 1 of v G | COOLS v
        G Generator standby=yes rated_kw=4
        U UtilityFeed
        b0 Switchboard | FEEDS 1 of U b1
        b1 Switchboard | FEEDS 1 of b0 G
        s Server draw_kw=10 | FEEDS b1
    """,
}


@pytest.mark.parametrize("kind", SPACES)
def test_spaces_whose_load_does_not_fit(kind: str):
    """Something trips where only the space fails, and nothing where its load moves to what is not rated."""
    for rated in (True, False):
        sketch = SPACES[kind] if rated else re.sub(r" rated_\w+=\d+", "", SPACES[kind])
        asked = campus(sketch)
        scope = asked.index(["R"])
        swept = capacity.sweep(asked.base(), np.array(scope, np.int32))
        assert one_by_one(asked.base(), scope, 1.0) == {}
        assert swept.tripped.tolist() == [int(rated)]


def test_what_surely_fits_is_not_simulated():
    """Ten UPS with a server each, all with room: no pair is looked at."""
    assets: list[dict[str, Any]] = [{"id": "U", "label": "UtilityFeed", "rated_kw": 100.0}]
    assets += [{"id": f"A{n}", "label": "UPS", "rated_kw": 10.0} for n in range(10)]
    assets += [{"id": f"S{n}", "label": "Server", "draw_kw": 5.0} for n in range(10)]
    ends = [("U", f"A{n}") for n in range(10)] + [(f"A{n}", f"S{n}") for n in range(10)]
    topology = from_records(assets, [{"source_id": one, "type": "FEEDS", "target_id": other} for one, other in ends])
    scope = np.arange(len(topology), dtype=np.int32)
    worse = worse_pairs(settle_base(topology), scope)
    assert (len(worse.sets), worse.looked_at) == (0, 0)
