"""Random small plants: the shapes of real campuses with random figures.

Utilities and a generator board feed two boards (transfer or tie), these UPS chains, chillers with controls behind
the UPS (a cycle across types), pumps, cords of servers, a network ring, services with replicas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .campus import Records

Draw = Callable[[st.SearchStrategy[Any]], Any]


class _Plant:
    """Writes assets and groups into records."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.records = Records()

    def one(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def asset(self, id_: str, label: str, **properties: Any) -> str:
        stated = {k: v for k, v in properties.items() if v is not None}
        self.records.assets.append({"id": id_, "label": label, **stated})
        return id_

    def group(self, owner: str, kind: str, suppliers: list[str], **stated: Any) -> None:
        """One row for each supplier, in this order of priority."""
        for priority, supplier in enumerate(suppliers):
            ends = {"source_id": supplier, "type": kind, "target_id": owner}
            self.records.relationships.append({**ends, "need": 1, "priority": priority, **stated})


@st.composite
def plants(draw: Draw, *, slow_transfer_in_loops: bool = False) -> Records:
    """A plant of two sides with 10 to 20 assets."""
    p = _Plant(draw)
    tie = draw(st.booleans())
    _sources_and_boards(p, tie=tie, slow=slow_transfer_in_loops or not tie)
    _sides(p)
    _cooling(p)
    _network(p)
    _it(p)
    return p.records


def _sources_and_boards(p: _Plant, *, tie: bool, slow: bool) -> None:
    sources = [p.asset("u1", "UtilityFeed")]
    if p.one(True, False):
        sources.append(p.asset("u2", "UtilityFeed", rated_kw=p.one(None, 10, 20)))
    if p.one(True, True, False):
        run_s, start_s = p.one(None, 20, 40, 100), p.one(None, 5, 10, 15)
        board = p.asset("gb", "Switchboard", standby=True, start_s=start_s, run_s=run_s, restart_s=p.one(None, 5))
        sets = [p.asset(f"g{n}", "Generator") for n in range(p.one(0, 1, 3))]
        if sets:
            p.group(board, "FEEDS", sets, need=max(1, len(sets) - 1))
        sources.append(board)
    for side in "ab":
        transfer_s = p.one(None, 5, 10) if slow else None
        board = p.asset(f"sw{side}", "Switchboard", transfer_s=transfer_s, rated_kw=p.one(None, 6, 8, 10, 15))
        policy = p.one("transfer", "share")
        own = sources if side == "a" or p.one(True, False) else sources[::-1]
        other = ["swb" if side == "a" else "swa"] if tie else []
        p.group(board, "FEEDS", [*own, *other], policy=policy)


def _sides(p: _Plant) -> None:
    for side in "ab":
        ups = p.asset(
            f"ups{side}",
            "UPS",
            power_hold_s=p.one(None, 5, 10, 30),
            restart_s=p.one(None, None, 5),
            efficiency=p.one(None, 0.95, 0.8, 0.5),
            rated_kw=p.one(None, 6, 8, 12),
        )
        p.group(ups, "FEEDS", [f"sw{side}"])
        pdu = p.asset(f"pdu{side}", "PDU", rated_kw=p.one(None, 3, 4, 6, 8), transfer_s=p.one(None, 5))
        both = p.one(True, False, False)
        p.group(pdu, "FEEDS", ["upsa", "upsb"] if both else [ups], policy=p.one("share", "transfer"))


def _cooling(p: _Plant) -> None:
    controlled = p.one(True, False)
    if controlled:
        p.asset("plc", "Controller", power_hold_s=p.one(None, 5), restart_s=p.one(None, 5))
        p.group("plc", "FEEDS", ["pdua", "pdub"])
    count = p.one(1, 2, 3)
    for n in range(count):
        chiller = p.asset(
            f"ch{n}",
            "Chiller",
            draw_kw=p.one(None, 2, 3),
            restart_s=p.one(None, 10, 20),
            rated_cooling_kw=p.one(None, 4, 6, 10),
            standby=p.one(None, None, None, True),
        )
        p.group(chiller, "FEEDS", [p.one("swa", "swb")] if p.one(True, False) else ["swa", "swb"])
        if controlled:
            p.group(chiller, "CONTROLS", ["plc"])
    loop = p.asset("loop", "CoolingLoop", cooling_hold_s=p.one(None, 10, 30))
    p.group(loop, "COOLS", [f"ch{n}" for n in range(count)], need=p.one(*range(1, count + 1)))
    if p.one(True, False):
        p.asset("pump", "Pump", draw_kw=1)
        p.group("pump", "FEEDS", ["swa", "swb"])
        p.group(loop, "COOLS", ["pump"], group="pump", portion=p.one(None, 0.5))
    if p.one(True, False):
        p.group("upsa", "COOLS", [loop])


def _network(p: _Plant) -> None:
    p.asset("core", "CoreNode")
    for n in (1, 2, 3):
        p.asset(f"n{n}", "NetworkDevice")
    p.group("n1", "CONNECTS", ["core", "n2", "n3"])
    p.group("n2", "CONNECTS", ["n1", "n3"])
    p.group("n3", "CONNECTS", ["n1", "n2", "core"] if p.one(True, False) else ["n1", "n2"])
    p.group("n2", "FEEDS", [p.one("pdua", "pdub")])


def _it(p: _Plant) -> None:
    count = p.one(1, 2, 3)
    for n in range(count):
        server = p.asset(
            f"s{n}",
            "Server",
            draw_kw=p.one(1, 2, 3),
            power_hold_s=p.one(None, None, 5),
            cooling_hold_s=p.one(None, 10, 30),
            restart_s=p.one(None, None, 20),
        )
        if p.one(True, False):
            p.group(server, "FEEDS", ["pdua", "pdub"], policy=p.one("share", "transfer"))
        else:
            p.group(server, "FEEDS", [p.one("pdua", "pdub")])
        p.group(server, "COOLS", ["loop"])
        p.group(server, "CONNECTS", p.one(["n2"], ["n2", "n3"], ["n1", "n2", "n3"]))
    p.asset("svc", "Service")
    p.group("svc", "HOSTS", [f"s{n}" for n in range(count)], need=p.one(*range(1, count + 1)))
