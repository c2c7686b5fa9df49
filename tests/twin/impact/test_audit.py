"""The audits: what A and B share, what may be removed, what may fail."""

import pytest

from twin.impact.independence import independence
from twin.impact.question import Question
from twin.impact.settle import settle_base
from twin.impact.tier import tier
from twin.topology import from_records

NOTHING = Question()


def campus(labels, supplies, others=()):
    rows = [
        {"source_id": s, "type": "FEEDS", "target_id": c} for s, c in (text.split(">") for text in supplies.split())
    ]
    rows += [{"source_id": s, "type": kind, "target_id": c} for s, kind, c in others]
    return from_records([dict(zip(("id", "label"), text.split(":"), strict=True)) for text in labels.split()], rows)


def test_a_shared_ancestor_that_breaks_the_group():
    """U ─▶ A, B ─▶ S."""
    base = settle_base(campus("U:UtilityFeed A:UPS B:UPS S:Server", "U>A U>B A>S B>S"))
    answer = independence(NOTHING, base).to_dict()
    finding = {"id": "S", "type": "FEEDS", "group": "", "suppliers": ["A", "B"], "shared": ["U"], "breaks": ["U"]}
    assert (answer["ok"], answer["findings"]) == (False, [finding])


def test_a_shared_ancestor_with_an_alternative_breaks_nothing():
    """U, G ─▶ A and U ─▶ B: B is lost with U, A is not."""
    base = settle_base(campus("U:UtilityFeed G:Generator A:UPS B:UPS S:Server", "U>A G>A U>B A>S B>S"))
    answer = independence(NOTHING, base).to_dict()
    assert answer["ok"]
    assert [(f["id"], f["shared"], f["breaks"]) for f in answer["findings"]] == [("A", [], []), ("S", ["U"], [])]


def test_a_supplier_that_feeds_the_other_is_shared():
    """A ─▶ B, and both ─▶ S."""
    base = settle_base(campus("A:UPS B:UPS S:Server", "A>B A>S B>S"))
    assert independence(NOTHING, base).to_dict()["findings"][0]["breaks"] == ["A"]


def test_a_tie_shares_both_sides_and_breaks_neither_group():
    """U ─▶ A ⇄ B ◀─ W, and A, B ─▶ S."""
    base = settle_base(campus("U:UtilityFeed W:UtilityFeed A:UPS B:UPS S:Server", "U>A W>B A>B B>A A>S B>S"))
    findings = {f["id"]: f for f in independence(NOTHING, base).to_dict()["findings"]}
    assert findings["S"]["shared"] == ["A", "B", "U", "W"]
    assert not any(f["breaks"] for f in findings.values())


def test_many_pairs_list_those_that_break_and_count_the_others():
    base = settle_base(campus("U:UtilityFeed A:UPS B:UPS S:Server T:Server G:UPS", "U>A U>B A>S B>S A>T G>T"))
    document = independence(NOTHING, base).to_dict(most=1)
    assert [f["id"] for f in document["findings"]] == ["S"]
    assert (document["left_out"], document["breaking"]) == (1, 1)


TWO_N = ("A:UPS B:UPS S:Server", "A>S B>S")


@pytest.mark.parametrize(
    ("labels", "others", "maintainable", "tolerant", "kinds"),
    [
        ("", (), True, True, []),
        (" F:CommonCause", (("F", "AFFECTS", "A"), ("F", "AFFECTS", "B")), True, False, ["common_cause"]),
        (" P:PowerPath", (("A", "PART_OF", "P"), ("B", "PART_OF", "P")), False, False, ["path"]),
        (" K:Room", (("K", "CONTAINS", "A"), ("K", "CONTAINS", "B")), True, True, []),
        (" C:CDU", (("C", "COOLS", "S"),), False, False, ["component"]),
    ],
)
def test_tier(labels, others, maintainable, tolerant, kinds):
    answer = tier(NOTHING, settle_base(campus(TWO_N[0] + labels, TWO_N[1], others))).to_dict()
    assert answer["concurrently_maintainable"] == maintainable
    assert answer["fault_tolerant"] == tolerant
    assert [finding["kind"] for finding in answer["findings"]] == kinds
    assert all(finding["lost"] == ["S"] for finding in answer["findings"])
