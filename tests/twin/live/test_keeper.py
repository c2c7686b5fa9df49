"""The live process: what is down raises an alarm that says what it means, folds, clears, and is a question's base."""

from __future__ import annotations

import time
from threading import Event, Thread

import numpy as np
import pytest
from live_campus import ASSETS, RELATIONSHIPS, campus, keeper, say

from schema.errors import BadInput, Unreachable
from twin.campus import Campus
from twin.impact.settle import settle_base
from twin.live.alarms import Alarms
from twin.live.directory import Head
from twin.live.keeper import Keeper
from twin.live.metrics import NUMBER
from twin.live.place import Place, read_json, write_json
from twin.live.reader import Seen, open_state
from twin.live.state import STALE
from twin.topology import from_records
from twin.topology.model import CONDITIONS


def linked(home, topology=None) -> Campus:
    """The campus as another process opens it."""
    return Campus(None, home=home, topology=topology or campus().topology)


def test_a_ups_that_goes_down_raises_one_alarm_that_says_what_it_means(tmp_path):
    kept = keeper(tmp_path)
    try:
        say(kept, "condition", ["UPS-A"], ["down"])
        say(kept, "condition", ["UPS-A"], ["down"])
        kept.step(time.time())
        (alarm,) = kept.alarms.open
        assert (alarm.kind, alarm.id, alarm.severity, alarm.count) == ("down", "UPS-A", "critical", 1)
        assert alarm.text == (
            "UPS UPS-A down: 1 server lost; 1 cabinet without reserve; if UPS-B fails, 4 servers are lost at once"
        )
        assert alarm.consequence["lost"] == {"Server": 1}
        assert alarm.consequence["next"]["id"] == "UPS-B"
        state = open_state(tmp_path)
        ids = campus().topology.ids
        seen = {ids[i]: Seen(int(code)) for i, code in enumerate(state.assets("seen")["seen"])}
        assert seen["UPS-A"] is Seen.DOWN
        assert seen["PDU-A"] is seen["SINGLE"] is Seen.LOST
        assert seen["S0"] is Seen.AT_RISK
        assert seen["UPS-B"] is Seen.UP
    finally:
        kept.close()


def test_where_a_standby_takes_over_the_alarm_says_what_hangs_on_it(tmp_path):
    generator = {"id": "GEN", "label": "Generator", "standby": True, "start_s": 20.0}
    feeds = [{"source_id": "GEN", "type": "FEEDS", "target_id": name} for name in ("UPS-A", "UPS-B")]
    made = Campus.of(from_records([*ASSETS, generator], [*RELATIONSHIPS, *feeds]))
    kept = Keeper(made, tmp_path, "played")
    try:
        say(kept, "charge_percent", ["UPS-A", "UPS-B"], [50.0, 50.0])
        say(kept, "condition", ["UTIL"], ["down"])
        kept.step(time.time())
        alarm = kept.alarms.find("down", "UTIL")
        assert alarm is not None
        assert alarm.text == "UtilityFeed UTIL down: GEN takes over; if GEN fails, 5 servers are lost after 5 min"
        assert alarm.consequence["next"] == {"id": "GEN", "lost": {"Server": 5}, "after_s": 300.0}
    finally:
        kept.close()


def test_what_a_root_explains_folds_under_it_and_stands_alone_when_the_root_is_back(tmp_path):
    kept = keeper(tmp_path)
    try:
        say(kept, "condition", ["PDU-A", "SINGLE"], ["down", "down"], time.time() - 2)
        say(kept, "condition", ["UPS-A"], ["down"])
        kept.step(time.time())
        folded = {alarm.id: alarm.explained_by for alarm in kept.alarms.open}
        assert folded == {"UPS-A": [], "PDU-A": ["UPS-A"], "SINGLE": ["UPS-A"]}
        assert kept.status()["alarms"] == 1
        say(kept, "condition", ["UPS-A"], ["up"])
        kept.step(time.time())
        folded = {alarm.id: alarm.explained_by for alarm in kept.alarms.open}
        assert folded == {"PDU-A": [], "SINGLE": ["PDU-A"]}
        assert [alarm.id for alarm in kept.alarms.all if not alarm.open] == ["UPS-A"]
    finally:
        kept.close()


def test_an_alarm_that_flaps_is_the_same_alarm_and_acknowledging_stays(tmp_path):
    kept = keeper(tmp_path)
    try:
        for value in ("down", "up", "down"):
            say(kept, "condition", ["UPS-B"], [value])
            kept.step(time.time())
            write_json(kept.place.requests / "a.json", {"acknowledge": ["UPS-B"]})
            kept.due.clear()
            kept.step(time.time())
        (alarm,) = kept.alarms.open
        assert alarm.count == 2
        assert alarm.acknowledged_s is not None
        assert not list(kept.place.requests.iterdir())
    finally:
        kept.close()


def test_alarms_outlive_the_process_and_clear_when_their_cause_is_gone(tmp_path):
    kept = keeper(tmp_path)
    say(kept, "condition", ["UPS-A"], ["down"])
    say(kept, "inlet_c", ["S0"], [40.0])
    kept.step(time.time())
    kept.close()
    assert {alarm.id for alarm in Alarms(Place(tmp_path).alarms).open} == {"UPS-A", "S0"}
    again = keeper(tmp_path, keeps=True)
    try:
        assert {alarm.id for alarm in again.alarms.open} == {"UPS-A", "S0"}
        assert open_state(tmp_path).assets("condition")["condition"].sum() == 1
        say(again, "inlet_c", ["S0"], [25.0])
        say(again, "condition", ["UPS-A"], ["up"])
        again.step(time.time())
        assert again.alarms.open == []
    finally:
        again.close()
    other = keeper(tmp_path)  # another feed's past is no present
    assert open_state(tmp_path).assets("condition")["condition"].sum() == 0
    other.close()


@pytest.mark.parametrize(
    ("values", "severity"),
    [([31.0], None), ([33.0], "warning"), ([36.0], "critical"), ([33.0, 31.5], "warning"), ([33.0, 30.0], None)],
)
def test_a_limit_raises_an_alarm_and_clears_beyond_its_dead_band(tmp_path, values, severity):
    kept = keeper(tmp_path)
    try:
        for value in values:
            say(kept, "inlet_c", ["S1"], [value])
            kept.step(time.time())
        assert [alarm.severity for alarm in kept.alarms.open] == ([severity] if severity else [])
        say(kept, "inlet_c", ["UPS-A"], [50.0])
        kept.step(time.time())
        assert all(alarm.id == "S1" for alarm in kept.alarms.open), "no limit is declared for a UPS"
    finally:
        kept.close()


def test_conditions_come_from_breakers_and_generators_too_and_out_wins(tmp_path):
    kept = keeper(tmp_path)
    try:
        ids = campus().topology.ids
        code = kept.state.file.asset["condition"]
        say(kept, "breaker", ["BRK-A"], ["open"])
        assert code[ids.index("BRK-A")] == 1
        say(kept, "condition", ["BRK-A"], ["out"])
        assert code[ids.index("BRK-A")] == 2
        say(kept, "condition", ["BRK-A"], ["up"])
        assert code[ids.index("BRK-A")] == 1
        say(kept, "breaker", ["BRK-A"], ["closed"])
        assert code[ids.index("BRK-A")] == 0
        say(kept, "condition", ["BRK-A"], [None])
        assert code[ids.index("BRK-A")] == 0
    finally:
        kept.close()


def test_a_question_with_live_starts_from_what_is_down_drawn_derated_and_held(tmp_path):
    kept = keeper(tmp_path)
    try:
        say(kept, "condition", ["UPS-A"], ["out"])
        say(kept, "power_kw", ["S0", "PDU-B"], [5.0, 99.0])
        say(kept, "derated_kw", ["PDU-B"], [6.0])
        say(kept, "charge_percent", ["UPS-B"], [50.0])
        kept.step(time.time())
        answer = linked(tmp_path).impact("UPS-B", live=True, timeline=True)
        document = answer.to_dict()
        assert document["lost"] == ["PDU-B", "S0", "S1", "S2", "S3"]
        assert document["down_before"] == ["BRK-A", "PDU-A", "SINGLE", "UPS-A"]
        assert document["totals"]["lost_kw"] == pytest.approx(5.0 + 3 * 1.0)
        assert document["question"]["out"] == []
        held = linked(tmp_path).impact("UTIL", live=True, timeline=True).to_dict()["timeline"]
        assert {"at_s": 300.0, "id": "UPS-B"}.items() <= held[0].items()
        over = linked(tmp_path).impact("SINGLE", live=True).to_dict()["overloaded"]
        assert [(row["id"], row["load_kw"], row["rated_kw"]) for row in over] == [("PDU-B", 8.0, 6.0)]
        without = linked(tmp_path).impact("UPS-B").to_dict()
        assert (without["down_before"], without["lost"]) == ([], ["PDU-B"])
        grown = from_records([{"id": "A0", "label": "Server"}, {"id": "UPS-A", "label": "UPS"}], [])
        assert linked(tmp_path, grown).impact("A0", live=True).to_dict()["down_before"] == ["UPS-A"]
    finally:
        kept.close()
    with pytest.raises(Unreachable, match="no live process"):
        linked(tmp_path).impact("UPS-B", live=True)


def test_what_is_measured_and_computed_differently_is_suspect(tmp_path):
    kept = keeper(tmp_path)
    try:
        servers = ["S0", "S1", "S2", "S3", "SINGLE"]
        say(kept, "power_kw", [*servers, "PDU-A", "PDU-B"], [1, 1, 1, 1, 2, 4.2, 3.0])
        kept.step(time.time())
        (row,) = read_json(kept.place.suspects)["suspects"]
        assert (row["id"], row["kind"], row["measured_kw"], row["computed_kw"]) == ("PDU-B", "load", 3.0, 2.0)
        for asset, judged in (("S3", 1), ("UTIL", 0)):  # a server is always down somewhere; the plant has its holds
            for condition in ("down", "up"):
                say(kept, "condition", [asset], [condition])
                kept.step(time.time())
            kept.due.clear()
            kept.step(time.time())
            assert len(read_json(kept.place.suspects)["suspects"]) == judged
        kept.watch.changed_s -= 700.0  # the UPS hold for 600 s
        kept.due.clear()
        kept.step(time.time())
        assert len(read_json(kept.place.suspects)["suspects"]) == 1
        say(kept, "power_kw", ["PDU-B"], [2.3])
        kept.due.clear()
        kept.step(time.time())
        assert read_json(kept.place.suspects)["suspects"] == []
    finally:
        kept.close()


def test_a_source_that_goes_silent_is_an_alarm(tmp_path):
    kept = keeper(tmp_path)
    try:
        say(kept, "power_kw", ["S0"], [1.0])
        kept.step(time.time())
        assert kept.alarms.open == []
        kept.due.clear()
        kept.step(time.time() + 61)
        assert [(alarm.kind, alarm.id) for alarm in kept.alarms.open] == [("silent", "bms")]
        assert kept.status()["stale"] == 1
        say(kept, "power_kw", ["S0"], [1.0])
        kept.due.clear()
        kept.step(time.time())
        assert kept.alarms.open == []
    finally:
        kept.close()


def test_a_device_that_dies_silently_is_stale_and_no_base_and_is_not_taken_down(tmp_path):
    kept = keeper(tmp_path)
    try:
        old_s = time.time() - 100
        with kept.directory.lock:
            head = Head("bms", NUMBER["power_kw"], old_s)
            batch = kept.directory.batch(head, ["S0"], [9.0], np.array(old_s))
            assert batch is not None
            kept.receive(batch)
        say(kept, "power_kw", ["S1"], [5.0])
        kept.step(time.time())
        status = kept.status()
        assert (status["stale"], status["sources"][0]["stale_share"]) == (1, 0.5)
        state, ids = open_state(tmp_path), campus().topology.ids
        told = state.assets("stale", "condition", "seen")
        assert (told["stale"][ids.index("S0")], told["stale"][ids.index("S1")]) == (STALE, 0)
        assert not told["condition"].any()
        assert not told["seen"].any()
        assert kept.alarms.open == [], "its source still speaks"
        answer = linked(tmp_path).impact("S0", "S1", live=True).to_dict()
        assert answer["totals"]["lost_kw"] == 0
        lost = linked(tmp_path).impact("UTIL", live=True).to_dict()["totals"]["lost_kw"]
        assert lost == pytest.approx(5.0 + 1.0 + 2 * 1.0 + 2.0), "S0 counts with what the graph says"
    finally:
        kept.close()


@pytest.mark.parametrize(("keeps", "count"), [(True, 2), (False, 1)])
def test_after_a_restart_an_alarm_comes_back_as_the_same_only_where_the_state_goes_on(tmp_path, keeps, count):
    kept = keeper(tmp_path)
    first_s = time.time() - 40.0
    say(kept, "condition", ["UPS-A", "UPS-B"], ["down", "down"], first_s)
    kept.step(time.time())
    say(kept, "condition", ["UPS-A"], ["up"])  # cleared before the end; UPS-B is still down then
    kept.step(time.time())
    kept.close()
    again = keeper(tmp_path, keeps=keeps)
    try:
        for value in ("up", "down"):
            say(again, "condition", ["UPS-A", "UPS-B"], [value] * 2)
            again.step(time.time())
        assert {alarm.id: alarm.count for alarm in again.alarms.open} == {"UPS-A": count, "UPS-B": count}
        assert {alarm.since_s == first_s for alarm in again.alarms.open} == {keeps}
        say(again, "condition", ["UPS-A"], ["up"])
        again.step(time.time())
        say(again, "condition", ["UPS-A"], ["down"])
        again.step(time.time())
        assert again.alarms.find("down", "UPS-A").count == count + 1, "what came and went since then is the same again"
    finally:
        again.close()


def test_alarms_of_another_feed_are_not_left_open_for_ever(tmp_path):
    kept = keeper(tmp_path)
    say(kept, "inlet_c", ["S0"], [40.0])
    kept.step(time.time() + 120)
    assert {alarm.kind for alarm in kept.alarms.open} == {"inlet_c", "silent"}
    kept.close()
    other = keeper(tmp_path)
    try:
        other.step(time.time())
        assert other.alarms.open == []
    finally:
        other.close()


def test_the_status_is_told_while_the_keeper_is_busy(tmp_path):
    kept = keeper(tmp_path)
    stop, ready, busy = Event(), Event(), Event()

    class Quiet:
        error, ended, name = None, False, "quiet"

        def start(self, receive):
            pass

        def close(self):
            pass

    def long_work() -> None:
        busy.wait(30)

    kept.watch.work = long_work
    thread = Thread(target=kept.run, args=(Quiet(), stop, ready.set))
    thread.start()
    try:
        assert ready.wait(30)
        time.sleep(0.2)
        say(kept, "power_kw", ["S0"], [1.0])
        end = time.monotonic() + 10
        while read_json(kept.place.status)["points"] != 1:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        busy.set()
        stop.set()
        thread.join()


class Slow:
    """A campus whose database takes its time to be read, and then has another server."""

    has_store = True

    def __init__(self):
        self.topology, self.store, self.read_it = campus().topology, self, Event()

    def read(self, _query, **_parameters):
        return []

    def bookmark(self):
        return ""

    def write_batches(self, _query, _rows):
        pass

    def base(self, **_options):
        return settle_base(self.topology)

    def refresh(self):
        assert self.read_it.wait(30)
        assets = [{"id": "A-NEW", "label": "Server"}, *ASSETS]
        self.topology, before = from_records(assets, RELATIONSHIPS), self.topology
        return len(before) != len(self.topology)


def test_alarms_go_on_and_the_process_can_end_while_a_changed_graph_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("twin.topology.current.note_own_write", lambda *_: None)
    slow = Slow()
    kept = Keeper(slow, tmp_path, "played")
    try:
        kept.step(time.time())
        say(kept, "condition", ["UPS-A"], ["down"])
        kept.step(time.time())
        (alarm,) = kept.alarms.open
        assert alarm.consequence["lost"] == {"Server": 1}
        slow.read_it.set()
        until = time.monotonic() + 10.0
        while kept.directory.index("A-NEW") is None and time.monotonic() < until:
            kept.step(time.time())
        place = kept.directory.index("UPS-A")
        assert CONDITIONS[kept.state.file.asset["condition"][place]] == "down", "it moved on with the ids"
        slow.read_it.clear()
        kept.due.clear()
        kept.step(time.time())
    finally:
        kept.close()  # does not wait for the database
        slow.read_it.set()
    assert kept._reading is not None


def test_one_folder_has_one_live_process(tmp_path):
    kept = keeper(tmp_path)
    try:
        with pytest.raises(BadInput, match="keeps live state"):
            keeper(tmp_path)
    finally:
        kept.close()
