"""What is kept beside the snapshot is what would be worked out, and is not believed where it does not fit."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import campuses

from twin.at_rest import FILE, at_rest
from twin.impact import load_plan
from twin.impact.follow import base_flows
from twin.impact.load import flows
from twin.impact.settle import settle_base
from twin.topology import from_records

STATE = ("fell", "slack", "available", "calling")


def assert_right(topology, base):
    fresh = settle_base(topology)
    for name in STATE:
        assert np.array_equal(getattr(base, name), getattr(fresh, name)), name
    known, wanted = base_flows(base), flows(topology, fresh.fell == 0)
    for field in fields(wanted):
        assert np.array_equal(getattr(known, field.name), getattr(wanted, field.name)), field.name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(records=campuses(load=True, standby=True))
def test_what_is_kept_is_what_would_be_worked_out(records, tmp_path):
    topology = from_records(records.assets, records.relationships)
    assert_right(topology, at_rest(topology, tmp_path))
    load_plan._plans.clear()
    assert_right(topology, at_rest(topology, tmp_path))


ASSETS = [{"id": "U", "label": "UPS"}, {"id": "S", "label": "Server", "draw_kw": 2.0}]
FEEDS = [{"source_id": "U", "type": "FEEDS", "target_id": "S"}]


@pytest.mark.parametrize("harm", ["absent", "empty", "cut", "changed", "other graph", "no folder"])
def test_what_does_not_fit_is_worked_out_anew(harm, tmp_path):
    topology = from_records(ASSETS, FEEDS)
    at_rest(topology, tmp_path)
    file = tmp_path / FILE
    whole = file.read_bytes()
    if harm == "absent":
        file.unlink()
    elif harm == "empty":
        file.write_bytes(b"")
    elif harm == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "changed":
        file.write_bytes(whole[:-200] + b"\x07" + whole[-199:])
    elif harm == "other graph":
        topology = from_records([*ASSETS, {"id": "T", "label": "Server", "draw_kw": 1.0}], FEEDS)
    else:
        (tmp_path / "file").write_bytes(b"")
        assert_right(topology, at_rest(topology, tmp_path / "file"))
    assert_right(topology, at_rest(topology, tmp_path))
