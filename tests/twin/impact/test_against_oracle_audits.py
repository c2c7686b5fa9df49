"""The audits and the availability of the engine against brute force."""

import pytest
from engine_in_words import Asked
from hypothesis import given
from hypothesis import strategies as st
from oracles import design
from strategies import campuses, meshes, plants

SHAPES = {"random": campuses(space=True, standby=True), "mesh": meshes(), "plant": plants()}
MINUTES_PER_YEAR = 525_960


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_independence_audits_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    got = asked.independence()
    expected = design.independence(asked.campus)
    assert got["findings"] == expected
    breaking = sum(1 for row in expected if row["breaks"])
    assert got["ok"] == (not breaking)
    assert asked.engine.audit_independence().breaking_count == breaking


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_tier_audits_agree(shape, data):
    asked = Asked(data.draw(SHAPES[shape]))
    got = asked.tier()
    assert {name: got[name] for name in got if name not in ("question", "model")} == design.tier(asked.campus)


@pytest.mark.parametrize("missing", [False, True])
@given(data=st.data())
def test_availability_bounds_contain_the_exact_value(missing, data):
    records = data.draw(campuses(most=8, space=False))
    for asset in records.assets:
        asset["mtbf_h"] = data.draw(st.sampled_from((1, 10, 100, 1000)))
        asset["mttr_h"] = data.draw(st.sampled_from((1, 8) if not missing else (1, None)))
    asked = Asked(records)
    for row in asked.availability()["rows"]:
        least, most = (float(design.unavailability(asked.campus, row["id"], unknown)) for unknown in (0, 1))
        slip = 1e-12
        assert 0 <= row["lower"] <= least + slip
        assert most - slip <= row["upper"] <= 1
        value = row["unavailability"]
        if value is not None:
            assert row["lower"] <= value <= row["upper"]
            assert row["downtime_min_per_year"] == pytest.approx(value * MINUTES_PER_YEAR)
            if row["method"].startswith("exact:"):
                assert value == pytest.approx(least, abs=slip)
                assert value == pytest.approx(most, abs=slip)
        assert missing or value is not None
