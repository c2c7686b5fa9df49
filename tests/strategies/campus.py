"""Random campuses: cycles across types, ties and rings of one type, slack, spaces, time, load.

A campus is first drawn as a table of groups, then written as relationship records. Suppliers mostly stand before
their consumers, so that something is up; ties and a few free groups close the loops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st

TYPES = ("FEEDS", "FEEDS", "FEEDS", "COOLS", "COOLS", "CONNECTS", "SUPPLIES", "CONTROLS", "HOSTS")
PLANT = ("UPS", "PDU", "Switchboard", "Generator", "Chiller", "Pump", "Controller", "NetworkDevice", "Cabinet")
LOADS = ("Server", "Service")
SPACES = ("Building", "Module", "Room")

Draw = Callable[[st.SearchStrategy[Any]], Any]
Key = tuple[str, str, str]  # consumer, type, name of the group


@dataclass(repr=False)
class Records:
    """A campus as the tables have it."""

    assets: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    relationships: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __repr__(self) -> str:
        """One line each, so that a failing example can be read."""
        lines = [" ".join(f"{k}={v}" for k, v in a.items()) for a in self.assets]
        for r in self.relationships:
            stated = {k: v for k, v in r.items() if k not in ("source_id", "type", "target_id")}
            ends = f"{r['source_id']} -{r['type']}> {r['target_id']}"
            lines.append(" ".join([ends, *(f"{k}={v}" for k, v in stated.items() if v not in ("", 0, "share", None))]))
        return "Records:\n  " + "\n  ".join(lines)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """What hypothesis prints."""
        printer.text(repr(self))

    @property
    def ids(self) -> list[str]:
        return [a["id"] for a in self.assets]


class Question(NamedTuple):
    """What fails, and what is out already."""

    failed: list[str]
    out: list[str]


@st.composite
def campuses(
    draw: Draw,
    *,
    least: int = 4,
    most: int = 9,
    space: bool = False,
    load: bool = False,
    time: bool = False,
    standby: bool = False,
    ties: bool = True,
    slow_transfer_in_loops: bool = False,
) -> Records:
    """A campus of `least` to `most` assets beside its spaces, common causes and paths."""
    count = draw(st.integers(least, most))
    found = Records()
    for i in range(count):
        labels = PLANT if i < count // 2 else PLANT + LOADS * 4
        found.assets.append({"id": f"{chr(97 + i)}", "label": draw(st.sampled_from(labels))})
    groups = _drawn_groups(draw, found.ids)
    if ties:
        _add_ties(draw, found.ids, groups)
    if load or time:
        _choose_policies(draw, groups, portions=load)
    for asset in found.assets:
        if (standby or time) and draw(st.integers(0, 3)) == 0:
            asset["standby"] = True
        if load:
            _drawn_load(draw, asset)
        if time:
            _drawn_time(draw, asset)
    if not slow_transfer_in_loops:
        _without_slow_transfer_in_loops(found, groups)
    _write_groups(draw, groups, found)
    if space:
        _add_space(draw, found)
    return found


@st.composite
def questions(draw: Draw, records: Records, *, most: int = 3) -> Question:
    """Some failures, and sometimes something out."""
    failed = draw(st.lists(st.sampled_from(records.ids), min_size=1, max_size=most, unique=True))
    out = draw(st.lists(st.sampled_from(records.ids), max_size=1)) if draw(st.booleans()) else []
    return Question(sorted(failed), out)


def _some(draw: Draw, candidates: list[str], most: int) -> list[str]:
    """One to `most` of them, every number as likely."""
    count = draw(st.integers(1, min(most, len(candidates))))
    return draw(st.lists(st.sampled_from(candidates), min_size=count, max_size=count, unique=True))


def _drawn_groups(draw: Draw, ids: list[str]) -> dict[Key, dict[str, Any]]:
    groups: dict[Key, dict[str, Any]] = {}
    sources = draw(st.integers(1, max(1, len(ids) // 2)))
    for i, owner in enumerate(ids):
        many = draw(st.sampled_from((0, 1, 1, 2, 3))) if i >= sources else 0
        for _ in range(many):
            free = draw(st.integers(0, 9)) == 0
            candidates = [a for a in (ids if free else ids[:i]) if a != owner]
            suppliers = _some(draw, candidates, 4)
            key = (owner, draw(st.sampled_from(TYPES)), draw(st.sampled_from(("", "", "b"))))
            need = max(1, len(suppliers) - draw(st.integers(0, 3)))
            groups[key] = {"need": need, "suppliers": dict.fromkeys(suppliers, 0)}
    if draw(st.integers(0, 3)) == 0:
        _make_alike(draw, ids, groups)
    return groups


def _make_alike(draw: Draw, ids: list[str], groups: dict[Key, dict[str, Any]]) -> None:
    """One asset depends on the very same as another, and may, where it supplies, depend on itself, unlike that one."""
    one, other = draw(st.permutations(ids))[:2]
    own = {key: group for key, group in groups.items() if key[0] == one}
    if own and all(other not in group["suppliers"] for group in own.values()):
        for key in [key for key in groups if key[0] == other]:
            del groups[key]
        for (_, kind, name), group in own.items():
            groups[other, kind, name] = {"need": group["need"], "suppliers": dict(group["suppliers"])}


def _add_ties(draw: Draw, ids: list[str], groups: dict[Key, dict[str, Any]]) -> None:
    """Ties, rings and meshes of one type: neighbours supply each other in a group that they have or get."""
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(("FEEDS", "COOLS", "CONNECTS")))
        ring = _some(draw, ids[1:], 4)
        ends = list(pairwise(ring))
        if draw(st.booleans()):
            ends.append((ring[-1], ring[0]))
        one_way = draw(st.integers(0, 3)) == 0
        for a, b in ends:
            for supplier, consumer in [(a, b)] if one_way else [(a, b), (b, a)]:
                if supplier != consumer:
                    _add_tie(draw, ids, groups, (supplier, kind, consumer))


def _add_tie(draw: Draw, ids: list[str], groups: dict[Key, dict[str, Any]], tie: tuple[str, str, str]) -> None:
    supplier, kind, consumer = tie
    own = [k for k in groups if k[0] == consumer and k[1] == kind]
    if not own:
        own = [(consumer, kind, "")]
        source = ids[0] if draw(st.booleans()) else supplier
        groups[own[0]] = {"need": 1, "suppliers": {source: 0}}
    groups[draw(st.sampled_from(own))]["suppliers"][supplier] = 0


def _choose_policies(draw: Draw, groups: dict[Key, dict[str, Any]], *, portions: bool) -> None:
    for key, group in groups.items():
        if group["need"] == 1 and draw(st.integers(0, 2)) == 0:
            group["policy"] = "transfer"
        for supplier in group["suppliers"]:
            group["suppliers"][supplier] = draw(st.integers(0, 2))
        feeds = [k for k in groups if k[0] == key[0] and k[1] == "FEEDS"]
        if portions and key[1] == "FEEDS" and len(feeds) == 2 and key == feeds[0] and draw(st.booleans()):
            groups[feeds[0]]["portion"], groups[feeds[1]]["portion"] = 0.25, 0.75
        if portions and key[1] == "COOLS" and draw(st.integers(0, 3)) == 0:
            group["portion"] = 0.5


def _maybe(draw: Draw, asset: dict[str, Any], name: str, values: tuple[Any, ...]) -> None:
    value = draw(st.sampled_from((None, *values)))
    if value is not None:
        asset[name] = value


def _drawn_load(draw: Draw, asset: dict[str, Any]) -> None:
    _maybe(draw, asset, "draw_kw", (1, 2, 3, 5, 10))
    _maybe(draw, asset, "efficiency", (None, None, 0.8, 0.5, 0.95))
    _maybe(draw, asset, "heat_kw", (None, None, None, 4, 0))
    _maybe(draw, asset, "rated_kw", (2, 4, 5, 8, 10, 15))
    _maybe(draw, asset, "rated_cooling_kw", (2, 4, 5, 8, 10, 15))


def _drawn_time(draw: Draw, asset: dict[str, Any]) -> None:
    for hold in ("power_hold_s", "cooling_hold_s", "supply_hold_s"):
        _maybe(draw, asset, hold, (None, 5, 10, 30))
    _maybe(draw, asset, "restart_s", (None, None, 5, 20))
    _maybe(draw, asset, "transfer_s", (None, 5, 10))
    if asset.get("standby"):
        _maybe(draw, asset, "start_s", (None, 5, 10, 15))
        _maybe(draw, asset, "run_s", (None, None, 5, 20, 100))


def _without_slow_transfer_in_loops(found: Records, groups: dict[Key, dict[str, Any]]) -> None:
    """Owners of a group that lies on a loop of its type change their source at once."""
    for (owner, kind, _), group in groups.items():
        if group.get("policy") == "transfer" and any(_upstream(groups, s, kind, owner) for s in group["suppliers"]):
            asset = next(a for a in found.assets if a["id"] == owner)
            asset.pop("transfer_s", None)


def _upstream(groups: dict[Key, dict[str, Any]], start: str, kind: str, wanted: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for (owner, type_, _), group in groups.items():
            if owner == here and type_ == kind:
                waiting += [s for s in group["suppliers"] if s not in seen]
                seen.update(group["suppliers"])
    return wanted in seen


def _write_groups(draw: Draw, groups: dict[Key, dict[str, Any]], found: Records) -> None:
    for (owner, kind, name), group in groups.items():
        row = {k: v for k, v in group.items() if k != "suppliers"} | {"group": name}
        if draw(st.integers(0, 5)) == 0:
            row["need_inferred"] = True
        for supplier, priority in group["suppliers"].items():
            ends = {"source_id": supplier, "type": kind, "target_id": owner}
            found.relationships.append({**ends, **row, "priority": priority})
            if draw(st.integers(0, 9)) == 0:  # listed twice: counts once, with the lowest priority
                found.relationships.append({**ends, **row, "priority": priority + 1})


def _link(found: Records, source: str, kind: str, target: str) -> None:
    found.relationships.append({"source_id": source, "type": kind, "target_id": target})


def _add_space(draw: Draw, found: Records) -> None:
    """A building with a room in it, cabinets that contain, a common cause, two paths that share parts."""
    ids = found.ids
    free = list(ids)
    outer: str | None = None
    for n in range(draw(st.integers(0, 3))):
        space = f"S{n}"
        found.assets.append({"id": space, "label": draw(st.sampled_from(SPACES))})
        inside = draw(st.lists(st.sampled_from(free), max_size=3, unique=True)) if free else []
        for a in inside:
            free.remove(a)
            _link(found, space, "CONTAINS", a)
        if outer is not None and draw(st.booleans()):
            _link(found, outer, "CONTAINS", space)
        outer = space
    if len(free) > 1 and draw(st.booleans()):
        _link(found, free[0], "CONTAINS", free[1])
    if draw(st.booleans()):
        found.assets.append({"id": "CC", "label": "CommonCause"})
        for a in draw(st.lists(st.sampled_from(found.ids[:-1]), max_size=3, unique=True)):
            _link(found, "CC", "AFFECTS", a)
    paths = [f"P{n}" for n in range(draw(st.integers(0, 2)))]
    for path in paths:
        found.assets.append({"id": path, "label": draw(st.sampled_from(("PowerPath", "CoolingLoop")))})
        for a in draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)):
            _link(found, a, "PART_OF", path)
    if paths and outer is not None and draw(st.booleans()):
        _link(found, outer, "CONTAINS", paths[0])
