"""Search finds what a plain scan finds, in the order of use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.topology.search import Search
from twin.topology.strings import Ids

TEXTS = st.text("aAbBé-1 ", min_size=1, max_size=6)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20), TEXTS)
def test_it_finds_what_a_scan_finds(rows, wanted):
    ids, names = [row[0] for row in rows], [row[1] for row in rows]
    folded = wanted.strip().lower()
    found = Search(Ids.of(ids), Ids.of(names)).find(wanted, 100)
    expected = {number for number, row in enumerate(rows) if folded and any(folded in text.lower() for text in row)}
    assert set(found) == expected
    assert len(found) == len(set(found))


def test_the_id_itself_then_short_ids_that_begin_so_then_names():
    ids = ["PDU-10", "X", "PDU-1", "APDU-1", "PDU-1-A"]
    names = ["", "feeds PDU-1", "", "", ""]
    found = Search(Ids.of(ids), Ids.of(names)).find("pdu-1", 10)
    assert [ids[one] for one in found] == ["PDU-1", "PDU-10", "PDU-1-A", "APDU-1", "X"]


def test_no_more_than_asked_for_and_nothing_for_nothing():
    search = Search(Ids.of([f"A{number}" for number in range(50)]), None)
    assert len(search.find("a", 7)) == 7
    assert search.find("  ", 7) == []
    assert Search(Ids.of([]), None).find("a", 7) == []
