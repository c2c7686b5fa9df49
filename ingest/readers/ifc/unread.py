"""What says where things are, and is not read: told, unless the graph knows it already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingest.readers.ifc.draft import ROOT_GLOBAL_ID, Draft
from ingest.readers.ifc.ports import Ports
from ingest.readers.ifc.systems import System, members


def tell_unread(draft: Draft, parents: Mapping[int, int], systems: Iterable[System], ports: Ports) -> None:
    """Tell how many zones, references to spaces and services of buildings were not read.

    A reference to a space in which the thing stands anyway, or a part of the system, loses nothing and is not told; nor
    is one from what is no asset.
    """
    steps = {system.entity.id(): _all_members(system, ports) for system in systems}
    steps.update((step, [step]) for step in draft.things)
    _tell(draft, "IfcZone", "groups of spaces", sum(1 for _ in draft.values("IfcZone", ROOT_GLOBAL_ID)))
    referenced = (((space,), things) for space, things in draft.related("IfcRelReferencedInSpatialStructure", 5, 4))
    served = ((spaces, (system,)) for system, spaces in draft.related("IfcRelServicesBuildings", 4, 5))
    for name, what, relations in (
        ("IfcRelReferencedInSpatialStructure", "spaces that something only passes through or serves", referenced),
        ("IfcRelServicesBuildings", "buildings that a system serves and no part of it stands in", served),
    ):
        count = sum(
            1
            for spaces, things in relations
            if any(_is_new(parents, space, steps.get(thing, ())) for space in spaces for thing in things)
        )
        _tell(draft, name, what, count)


def _tell(draft: Draft, name: str, what: str, count: int) -> None:
    if count:
        draft.find("not-read", "info", f"{count} of {name} were not read: {what}")


def _all_members(system: System, ports: Ports) -> list[int]:
    """Step ids of the members of a system and of those inside it."""
    found, waiting, seen = list[int](), [system], set[int]()
    while waiting:
        one = waiting.pop()
        if one.entity.id() not in seen:
            seen.add(one.entity.id())
            found += members(one, ports)
            waiting += one.inner
    return found


def _is_new(parents: Mapping[int, int], space: int, steps: Sequence[int]) -> bool:
    """Whether nothing of a thing or a system stands in this space; False of what has no members."""
    return bool(steps) and not any(space in _above(parents, step) for step in steps)


def _above(parents: Mapping[int, int], step: int) -> Iterator[int]:
    """What contains a thing, from the inside out."""
    seen = {step}
    at = parents.get(step)
    while at is not None and at not in seen:
        yield at
        seen.add(at)
        at = parents.get(at)
