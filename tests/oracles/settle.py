"""Who is up (sections 1 and 2): availability, loops of one type, the settled states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from .model import Campus, Group

Usable = Callable[[str], bool]
Met = Callable[[Group, Set[str]], bool]


def enough(group: Group, available: Set[str]) -> bool:
    """A group is met when it has at least `need` distinct available suppliers (section 1)."""
    return len(available) >= group.need


def reached(
    campus: Campus, loop: Set[str], kind: str, *, without: str | None, usable: Usable, met: Met = enough
) -> list[set[str]]:
    """Members of a loop that are reached from outside, round by round, as if `without` were not there (section 1).

    A member is reached when it is up and its own groups of that type are met by suppliers outside the loop that
    are up, or by members reached in turn.
    """
    rounds: list[set[str]] = []
    got: set[str] = set()
    while True:
        new = {
            member
            for member in loop - got
            if member != without
            and usable(member)
            and all(
                met(g, {s for s in g.suppliers if usable(s) and (s not in loop or s in got)})
                for g in campus.groups_of(member, kind)
            )
        }
        if not new:
            return rounds
        rounds.append(new)
        got |= new


def available(campus: Campus, group: Group, *, usable: Usable, met: Met = enough) -> set[str]:
    """The suppliers available to the group's consumer: usable and, in a common loop, reached without it (section 1)."""
    loop = campus.loop(group.owner, group.type)
    got: set[str] = set()
    if loop & set(group.suppliers):
        got = set().union(*reached(campus, loop, group.type, without=group.owner, usable=usable, met=met))
    return {s for s in group.suppliers if usable(s) and (s not in loop or s in got)}


def available_when(campus: Campus, group: Group, up: Set[str]) -> set[str]:
    """`available` in a settled state: there a standby source counts unless it is out itself (section 4, end)."""
    return available(campus, group, usable=lambda s: s in up)


def losses(campus: Campus, up: Set[str]) -> dict[str, list[Group]]:
    """Up assets that the next round takes down, with those of their groups that are broken now."""
    falls: dict[str, list[Group]] = {}
    for asset in up:
        broken = [g for g in campus.groups_of(asset) if not enough(g, available_when(campus, g, up))]
        if broken:
            falls[asset] = broken
    return falls


def settle(campus: Campus, up: Iterable[str]) -> set[str]:
    """Repeat until nothing changes (section 2, steps 2 and 3)."""
    up = set(up)
    while falls := losses(campus, up):
        up -= falls.keys()
    return up


def base_state(campus: Campus, out: Iterable[str] = ()) -> set[str]:
    """What is up before the question is asked; `out` takes along what section 6 says."""
    return settle(campus, set(campus.assets) - campus.taken_along(out))


def scenario_state(campus: Campus, base: Set[str], failed: Iterable[str], out: Iterable[str] = ()) -> set[str]:
    """What is up after `failed` and what it takes along went down (sections 2 and 6)."""
    return settle(campus, set(base) - campus.taken_along(failed, out))


def called(campus: Campus, up: Set[str]) -> set[str]:
    """Standby sources that a group calls (section 2).

    A group calls while, as long as no standby source runs, fewer than `need` of its suppliers are available.
    """
    calls: set[str] = set()

    def works(supplier: str) -> bool:
        return supplier in up and not campus.standby(supplier)

    for group in campus.groups:
        if not enough(group, available(campus, group, usable=works)):
            calls |= {s for s in group.suppliers if s in up and campus.standby(s)}
    return calls
