"""Explanations: what each lost asset may say, and whether a given one is valid (sections 2, 3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from .impact import Impact
from .model import Campus, Group
from .settle import available_when, enough, losses

Because = Mapping[str, Any]


def group_document(campus: Campus, group: Group, answer: Impact) -> dict[str, Any]:
    """The group that broke: its need, how many are left in the final state, those it lost."""
    left = available_when(campus, group, answer.final)
    before = available_when(campus, group, answer.base)
    return {
        "type": group.type,
        "group": group.name,
        "need": group.need,
        "available": len(left),
        "lost_suppliers": sorted(before - left),
    }


def taken_along_by(campus: Campus, asset: str, taken: Set[str]) -> dict[str, set[str]]:
    """By which of those taken down an asset goes down itself, for each way of section 6."""
    ways: dict[str, set[str]] = {
        "CONTAINS": {a for a in taken if asset in campus.contains.get(a, set())},
        "AFFECTS": {a for a in taken if asset in campus.affects.get(a, set())},
    }
    wholes = campus.wholes.get(asset, set())
    ways["PART_OF"] = set(wholes) if wholes <= taken else set()
    return {way: by for way, by in ways.items() if by}


def wrong(campus: Campus, answer: Impact, because: Mapping[str, Because]) -> list[str]:
    """Every way in which the explanations of an answer are wrong; empty when all are right.

    Beside the figures of each, the whole must be well-founded: in some order of the losses each group that is
    named is broken by earlier losses alone.
    """
    faults: list[str] = []
    if set(because) != answer.lost:
        faults.append(f"explained {sorted(because)}, lost {sorted(answer.lost)}")
    taken = answer.taken
    chosen: dict[str, Group] = {}
    for asset, said in because.items():
        if asset in taken:
            faults += _wrong_along(campus, asset, said, taken)
        elif said["type"] == "OVERLOAD":
            faults += _wrong_overload(asset, said, answer)
        else:
            group = next(
                (g for g in campus.groups_of(asset) if (g.type, g.name) == (said["type"], said.get("group"))), None
            )
            if group is None:
                faults.append(f"{asset}: no such group {said}")
            elif dict(said) != group_document(campus, group, answer):
                faults.append(f"{asset}: {dict(said)}, not {group_document(campus, group, answer)}")
            else:
                chosen[asset] = group
    return faults + _not_well_founded(campus, answer, chosen)


def _wrong_along(campus: Campus, asset: str, said: Because, taken: Set[str]) -> list[str]:
    ways = taken_along_by(campus, asset, taken)
    by = set(said.get("by", ()))
    if by and by <= ways.get(said["type"], set()):
        return []
    return [f"{asset}: {dict(said)}, not one of {ways}"]


def _wrong_overload(asset: str, said: Because, answer: Impact) -> list[str]:
    for tripped in answer.rounds:
        for o in tripped:
            if (
                o.id == asset
                and abs(said["load_kw"] - float(o.load_kw)) <= 1e-6
                and said["rated_kw"] == float(o.rated_kw)
            ):
                return []
    return [f"{asset}: {dict(said)}, but it did not trip at that load"]


def _not_well_founded(campus: Campus, answer: Impact, chosen: Mapping[str, Group]) -> list[str]:
    up = set(answer.base) - answer.taken
    waiting = dict(chosen)
    for tripped in [*answer.rounds, []]:
        while True:
            fall = {a for a, g in waiting.items() if a in up and not enough(g, available_when(campus, g, up))}
            if not fall:
                break
            up -= fall
            for a in fall:
                del waiting[a]
        up -= {o.id for o in tripped}
    return [f"{a}: {g.type} {g.name!r} is not broken by earlier losses alone" for a, g in waiting.items()]


def first_broken(campus: Campus, answer: Impact) -> dict[str, Group]:
    """The group that each loss of section 2 names if losses are told round by round: the first by type and name.

    In each round all go down whose group is broken by the losses of earlier rounds.
    """
    up = set(answer.base) - answer.taken
    named: dict[str, Group] = {}
    for tripped in [*answer.rounds, []]:
        while falls := losses(campus, up):
            named.update({a: min(broken, key=lambda g: (g.type, g.name)) for a, broken in falls.items()})
            up -= falls.keys()
        up -= {o.id for o in tripped}
    return named
