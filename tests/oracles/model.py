"""A campus as plain dicts and sets (sections 1 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

SUPPLY_TYPES = ("FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS")
LOADS = ("Server", "Service")

Record = Mapping[str, Any]


def exact(value: Any) -> Fraction:
    """The decimal number that a person would read, without binary rounding."""
    return Fraction(str(value))


@dataclass(frozen=True)
class Group:
    """One group of one consumer: its relationships of one type and one `group` name."""

    owner: str
    type: str
    name: str
    need: int
    policy: str
    portion: Fraction
    inferred: bool
    suppliers: Mapping[str, int] = field(hash=False)  # distinct supplier: lowest priority

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.owner, self.type, self.name)


class Campus:
    """What the oracles ask about: assets, groups, loops of one type, and what fails along."""

    def __init__(
        self, assets: Iterable[Record], relationships: Iterable[Record], *, assume_worst: bool = False
    ) -> None:
        self.assets: dict[str, Record] = {a["id"]: a for a in assets}
        relationships = list(relationships)
        self.groups = _groups(relationships, assume_worst=assume_worst)
        self._groups_of: dict[str, list[Group]] = {a: [] for a in self.assets}
        for group in self.groups:
            self._groups_of[group.owner].append(group)
        self._loops = {kind: _loops(relationships, kind) for kind in SUPPLY_TYPES}
        self.contains = _pairs(relationships, "CONTAINS")
        self.affects = _pairs(relationships, "AFFECTS")
        self.wholes = _pairs(relationships, "PART_OF")  # part -> its paths and loops
        self.consumers = {r["source_id"] for r in relationships if r["type"] in SUPPLY_TYPES}

    def number(self, asset: str, name: str, default: Any) -> Any:
        value = self.assets[asset].get(name)
        return default if value is None else exact(value)

    def label(self, asset: str) -> str:
        return self.assets[asset]["label"]

    def standby(self, asset: str) -> bool:
        return bool(self.assets[asset].get("standby"))

    def groups_of(self, asset: str, kind: str | None = None) -> list[Group]:
        return [g for g in self._groups_of[asset] if kind is None or g.type == kind]

    def loop(self, asset: str, kind: str) -> frozenset[str]:
        """The loop of that type in which the asset stands, empty when it stands in none."""
        return self._loops[kind].get(asset, frozenset())

    def loads(self) -> list[str]:
        return sorted(a for a in self.assets if self.label(a) in LOADS)

    def is_space(self, asset: str) -> bool:
        """A space is an asset with CONTAINS (section 6)."""
        return bool(self.contains.get(asset))

    def enclosing(self, asset: str, label: str) -> str | None:
        """The nearest asset of that label around this one; itself, if it is one."""
        here: str | None = asset
        while here is not None:
            if self.label(here) == label:
                return here
            here = next((a for a in sorted(self.contains) if here in self.contains[a]), None)
        return None

    def taken_along(self, named: Iterable[str], out: Iterable[str] = ()) -> set[str]:
        """What fails when these are named: themselves and what they take along, at any depth (section 6).

        A part of several paths goes down when every one is taken down. One that is `out` already counts as taken:
        the part has no path left.
        """
        named, gone = set(named), set(out)
        down = named | gone
        while True:
            more: set[str] = set()
            for asset in down:
                more |= self.contains.get(asset, set()) | self.affects.get(asset, set())
            more |= {part for part, wholes in self.wholes.items() if wholes <= down}
            if more <= down:
                return down
            down |= more


def _pairs(relationships: Iterable[Record], kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for r in relationships:
        if r["type"] == kind:
            found.setdefault(r["source_id"], set()).add(r["target_id"])
    return found


def _rows_by_group(relationships: Iterable[Record]) -> dict[tuple[str, str, str], list[Record]]:
    rows: dict[tuple[str, str, str], list[Record]] = {}
    for r in relationships:
        if r["type"] in SUPPLY_TYPES:
            rows.setdefault((r["target_id"], r["type"], r.get("group") or ""), []).append(r)
    return rows


def _value(row: Record, name: str, default: Any) -> Any:
    return default if row.get(name) is None else row[name]


def _groups(relationships: Iterable[Record], *, assume_worst: bool) -> list[Group]:
    rows_by_group = _rows_by_group(relationships)
    found: list[Group] = []
    for (owner, kind, name), rows in sorted(rows_by_group.items()):
        suppliers: dict[str, int] = {}
        for r in rows:  # a supplier listed twice counts once, with its lowest priority (section 3)
            priority = int(_value(r, "priority", 0))
            suppliers[r["source_id"]] = min(priority, suppliers.get(r["source_id"], priority))
        needs = {int(_value(r, "need", 1)) for r in rows}
        contradictory = len(needs) > 1
        need = len(suppliers) if contradictory and assume_worst else min(needs)  # section 8
        portion = max(_portions(rows_by_group, (owner, kind, name)))
        policy = _value(rows[0], "policy", "share")
        inferred = any(bool(r.get("need_inferred")) for r in rows)
        found.append(Group(owner, kind, name, need, policy, portion, inferred, suppliers))
    return found


def problems(relationships: Iterable[Record]) -> set[tuple[str, str, str]]:
    """The groups that hold a data error of section 1 or 3."""
    rows_by_group = _rows_by_group(relationships)
    bad: set[tuple[str, str, str]] = set()
    for key, rows in rows_by_group.items():
        needs = {int(_value(r, "need", 1)) for r in rows}
        policies = {_value(r, "policy", "share") for r in rows}
        distinct = {r["source_id"] for r in rows}
        if len(needs) > 1 or min(needs) < 1 or max(needs) > len(distinct):
            bad.add(key)
        if len(policies) > 1 or len(_portions(rows_by_group, key)) > 1 or key[0] in distinct:
            bad.add(key)
        if "transfer" in policies and max(needs) > 1:
            bad.add(key)
        feeds = [k for k in rows_by_group if k[0] == key[0] and k[1] == "FEEDS"]
        total = sum(max(_portions(rows_by_group, k)) for k in feeds)
        if key in feeds and abs(total - 1) > Fraction(1, 10**6):
            bad.add(key)
    return bad


def _portions(rows_by_group: Mapping[tuple[str, str, str], list[Record]], key: tuple[str, str, str]) -> set[Fraction]:
    """What the rows of a group say, or leave to the default."""
    feeds = sum(1 for k in rows_by_group if k[0] == key[0] and k[1] == "FEEDS")
    default = Fraction(1, feeds) if key[1] == "FEEDS" else Fraction(1)
    return {default if r.get("portion") is None else exact(r["portion"]) for r in rows_by_group[key]}


def _loops(relationships: Iterable[Record], kind: str) -> dict[str, frozenset[str]]:
    """Strongly connected components of that type: two assets that reach each other (section 1)."""
    after = _pairs(relationships, kind)

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for n in after.get(waiting.pop(), set()):
                if n not in seen:
                    seen.add(n)
                    waiting.append(n)
        return seen

    reached = {a: reach(a) for a in after}
    loops: dict[str, frozenset[str]] = {}
    for a, seen in reached.items():
        members = {b for b in seen if a in reached.get(b, set())} | {a}
        if len(members) > 1:
            loops[a] = frozenset(members)
    return loops
