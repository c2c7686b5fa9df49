"""Availability from cut sets: exact where small, rigorous bounds elsewhere, honest where data are missing."""

from itertools import product

import numpy as np
import pytest

from twin.impact._union import at_least, union_bounds
from twin.impact.availability import availability
from twin.impact.question import Question
from twin.impact.settle import settle_base
from twin.topology import from_records


def rows_of(assets, supplies, **data):
    records = [
        {"id": i, "label": "Server" if i == "S" else "UPS", "mtbf_h": 99.0, "mttr_h": 1.0, **data.get(i, {})}
        for i in assets.split()
    ]
    rows = [
        {"source_id": s, "type": "FEEDS", "target_id": c} for s, c in (text.split(">") for text in supplies.split())
    ]
    document = availability(Question(), settle_base(from_records(records, rows))).to_dict()
    return {row["id"]: row for row in document["rows"]}


def test_two_sides_below_one_feed_are_exact():
    """U ─▶ A, B ─▶ S: down with U, or with A and B."""
    row = rows_of("U A B S", "U>A U>B A>S B>S")["S"]
    expected = 1 - 0.99 * (1 - 0.01**2)
    assert row["unavailability"] == pytest.approx(expected)
    assert row["lower"] == row["upper"] == row["unavailability"]
    assert row["downtime_min_per_year"] == pytest.approx(expected * 525_960)
    assert row["method"].startswith("exact")


def test_a_member_without_data_gives_bounds_and_no_value():
    row = rows_of("U A B S", "U>A U>B A>S B>S", A={"mtbf_h": None})["S"]
    assert row["unavailability"] is None
    assert row["missing"] == ["A"]
    assert row["lower"] == pytest.approx(0.01)
    assert row["upper"] == pytest.approx(1 - 0.99 * 0.99)


def test_sets_above_the_order_widen_the_upper_bound():
    """Four suppliers, need 1: the one cut set has order 4."""
    row = rows_of("A B C D S", "A>S B>S C>S D>S")["S"]
    assert row["lower"] == 0
    assert row["upper"] == pytest.approx(0.01**4)
    assert "order 3" in row["method"]


@pytest.mark.parametrize("seed", range(20))
def test_bounds_of_a_union_hold(seed):
    rng = np.random.default_rng(seed)
    count = 18 if seed < 3 else 10
    sets = {tuple(sorted(rng.choice(count, rng.integers(2, 4), replace=False).tolist())) for _ in range(12)}
    sets = [s for s in sets if not any(set(t) < set(s) for t in sets)]
    members = np.array([list(s) + [-1] * (3 - len(s)) for s in sets], np.int32)
    chance = rng.uniform(0, 0.4, count)
    bounds = union_bounds(members, chance)
    states = np.array(list(product((False, True), repeat=count)))
    down = np.any([states[:, list(s)].all(axis=1) for s in sets], axis=0)
    exact = np.where(states, chance, 1 - chance).prod(axis=1)[down].sum()
    assert bounds.lower - 1e-12 <= exact <= bounds.upper + 1e-12
    if bounds.is_exact:
        assert bounds.lower == pytest.approx(exact)


def test_at_least_counts_components():
    assert at_least(np.full(3, 0.5), 2) == pytest.approx(0.5)
    assert at_least(np.full(2, 0.5), 3) == 0
