"""Campuses written as lines of text, for cases that are worked by hand.

    ups_a  UPS  power_hold_s=300 | FEEDS board
    s1  Server  draw_kw=2 | FEEDS 1 of pdu_a pdu_b | COOLS:air 2 of crah_1 crah_2 crah_3
    sts  TransferSwitch | FEEDS transfer of ups_a ups_b
    room  Room | CONTAINS s1
    path_a  PowerPath | PARTS ups_a pdu_a

`id label properties`, then groups: type with the group's name, the need (default 1), and the suppliers; those of
`transfer` in order of priority. CONTAINS and AFFECTS name what the asset takes along, PARTS the parts of a path.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine_in_words import Asked
from oracles import explain
from oracles import impact as oracle
from oracles.timeline import timeline
from strategies import Records

from twin.impact.impact import impact


def campus(text: str) -> Asked:
    """The campus that the lines describe."""
    records = Records()
    for line in filter(None, (line.strip() for line in text.splitlines())):
        head, *groups = (part.split() for part in line.split("|"))
        properties = {name: _value(value) for name, value in (p.split("=") for p in head[2:])}
        records.assets.append({"id": head[0], "label": head[1], **properties})
        for words in groups:
            records.relationships += _rows(head[0], words)
    return Asked(records)


def _value(text: str) -> Any:
    return {"yes": True, "no": False}[text] if text in ("yes", "no") else float(text)


def _rows(owner: str, words: list[str]) -> Iterable[dict[str, Any]]:
    kind, _, group = words[0].partition(":")
    if kind in ("CONTAINS", "AFFECTS"):
        return [{"source_id": owner, "type": kind, "target_id": a} for a in words[1:]]
    if kind == "PARTS":
        return [{"source_id": a, "type": "PART_OF", "target_id": owner} for a in words[1:]]
    stated: dict[str, Any] = {"group": group}
    suppliers = words[1:]
    if "of" in words:
        at = words.index("of")
        suppliers = words[at + 1 :]
        if words[1] == "transfer":
            stated["policy"] = "transfer"
        else:
            stated["need"] = int(words[1])
    return [
        {"source_id": s, "type": kind, "target_id": owner, "priority": n, **stated} for n, s in enumerate(suppliers)
    ]


def ask(asked: Asked, failed: str, out: str = "", **options: Any) -> dict[str, Any]:
    """The engine's impact document; ids separated by blanks. The oracle must say the same about verdicts."""
    question = asked.question(failed.split(), out.split(), **options)
    document = impact(question, asked.base(out.split())).to_dict()
    trip = options.get("overload") == "trip"
    right = oracle.impact(asked.campus, failed.split(), out.split(), trip=trip, limit=options.get("limit", 1.0))
    for verdict in ("lost", "degraded", "at_risk", "down_before", "relies_on"):
        assert document[verdict] == sorted(getattr(right, verdict)), verdict
    assert explain.wrong(asked.campus, right, document["because"]) == []
    if options.get("timeline"):
        told = timeline(asked.campus, failed.split(), out.split(), options.get("until_s", 86_400.0))
        rows = sorted((float(c.at_s), c.id, c.state) for c in told)
        assert sorted((r["at_s"], r["id"], r["state"]) for r in document["timeline"]) == rows
    return document


def told(document: dict[str, Any]) -> list[tuple[float, str, str]]:
    """The timeline as (second, id, state), those of one instant sorted."""
    return sorted((row["at_s"], row["id"], row["state"]) for row in document["timeline"])


def loads(document: dict[str, Any]) -> dict[str, float]:
    """The overloaded with their load in kW."""
    return {row["id"]: row["load_kw"] for row in document["overloaded"]}
