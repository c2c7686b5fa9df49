"""The timeline as section 4 says: hand-worked cases, and the oracle on random campuses."""

from hypothesis import given
from hypothesis import strategies as st
from oracles.model import Campus
from oracles.timeline import timeline as oracle_timeline
from strategies import campuses, questions

from twin.impact.settle import Scenario, settle_base
from twin.impact.timeline import simulate
from twin.topology import Topology, from_records

Told = list[tuple[float, str, str]]


def told(topology: Topology, failed: list[str], out: list[str] | None = None, until_s: float = 86_400.0) -> Told:
    base = settle_base(topology, [topology.ids.index(name) for name in out or ()])
    named = [topology.ids.index(name) for name in failed]
    along = {int(asset): {} for asset in Scenario(base).expand(named) if int(asset) not in named}
    return [(event.at_s, event.id, event.state) for event in simulate(topology, ~base.down, named, along, until_s)]


@given(st.data())
def test_changes_equal_the_oracle(data: st.DataObject):
    records = data.draw(campuses(time=True, space=data.draw(st.booleans())))
    failed, out = data.draw(questions(records))
    wanted = [
        (float(c.at_s), c.id, c.state)
        for c in oracle_timeline(Campus(records.assets, records.relationships), failed, out, 300)
    ]
    found = told(from_records(records.assets, records.relationships), failed, out, 300)
    assert sorted(found) == sorted(wanted)
