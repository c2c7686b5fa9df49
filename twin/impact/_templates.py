"""Loads that hang on the campus in the same way, so that one of them is solved for all.

    trunk: … UPS-A                    (many hang on it)                  UPS-B …
    ─────────────│────────────────────────────────────────────────────────│─────────
    local:    busway A ─▶ rPDU-A1 ─▶ servers of cabinet 1 ◀─ rPDU-B1 ◀─ busway B      (and the same again elsewhere)

An asset is *local* if few others depend on it, at any depth (what supplies nothing itself, like a service, aside). Then
those few are local too, so that nothing in the trunk depends on anything local. Two loads have one template when
walking up from each through its local assets, group by group, tells the same story: the same trunk assets by name, and
local ones numbered as they are met. Then their cut sets differ in the names of the local assets alone. Equal stories
are compared word by word, not by hash.

Where a load may depend on itself, or nothing is local, it is its own template: more work, the same answer.

The same walk over the loads that stand for the others, with all that only one building depends on as local, finds
those that are alike from building to building (`same_plan`): fewer again to solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import Rows
from twin.impact._jit import kernel
from twin.impact._problem import runner
from twin.impact._records import grown_ints
from twin.topology.model import Bools, Ints, Topology

Words = NDArray[np.int64]

MOST_DEPENDENTS = 64
"""An asset on which as many or more depend is no local one."""
LONGEST_WALK = 256
"""Local assets met on one walk; a load that meets more is its own template."""


@dataclass(frozen=True, eq=False)
class Templates:
    """Templates of T loads; `local_start`/`local` list the local assets of each distinct walk in the order met."""

    loads: Ints
    """The loads that are up, by index."""
    walk: Ints
    """T: walk of each load; loads with the same groups share one."""
    walk_root: Ints
    """The load that a walk began at."""
    walk_template: Ints
    """W: the walk that stands for it (itself where it is the representative)."""
    local_start: NDArray[np.int64]
    local: Ints


def templates(  # noqa: PLR0913 - what loads must agree in
    topology: Topology, down: Bools, loads: Ints, salt: Words, counted: Bools, *, same_plan: bool = False
) -> Templates:
    """Sort loads that are up into templates.

    `salt` (n): what else local assets must agree in (for cut sets nothing: zeros). `counted` (n): members of cut sets.
    `same_plan`: local is what only one building depends on, rather than what few depend on.
    """
    run = runner(len(topology))
    local = _of_one_building(topology) if same_plan else _local(topology)
    arrays = (topology.owner_start, topology.member_start, topology.member, topology.group_need, topology.loop_of_group)
    first = run(same_groups)(*arrays, down, local, loads)
    roots, walk = _numbered(first)
    walk_root = loads[roots]
    words, word_start, names, name_start, merges = run(walks)(*arrays, down, local, walk_root, salt, counted)
    # A walk that may lead back to its root does not speak for other loads with the same groups, nor for one it meets.
    alone = ~merges[walk] | _met(topology, loads, walk, names, name_start)
    if alone.any() and len(walk_root) < len(loads):
        first = np.where(alone, np.arange(len(loads)), first)
        roots, walk = _numbered(first.astype(np.int32))
        walk_root = loads[roots]
        words, word_start, names, name_start, merges = run(walks)(*arrays, down, local, walk_root, salt, counted)
    hashes = run(hash_words)(words, word_start)
    _, firsts, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    template = run(confirm)(words, word_start, firsts[inverse].astype(np.int32), merges)
    return Templates(loads, walk.astype(np.int32), walk_root, template, name_start, names)


@lru_cache(maxsize=2)
def _local(topology: Topology) -> Bools:
    """`local_assets` of a campus, whatever is out."""
    run = runner(len(topology))
    return run(local_assets)(topology.supplied_start, topology.supplied_group, topology.group_owner, MOST_DEPENDENTS)


@lru_cache(maxsize=2)
def _of_one_building(topology: Topology) -> Bools:
    """`inside_one` of the buildings of a campus, whatever is out."""
    run = runner(len(topology))
    return run(inside_one)(
        topology.building, topology.supplied_start, topology.supplied_group, topology.group_owner,
        topology.owner_start, topology.member_start, topology.member,
    )  # fmt: skip


def _numbered(first: Ints) -> tuple[Ints, Ints]:
    """The positions that stand for others, ascending; and for each position the number of its representative."""
    own = first == np.arange(len(first))
    return np.flatnonzero(own).astype(np.int32), (np.cumsum(own) - 1)[first].astype(np.int32)


def _met(topology: Topology, loads: Ints, walk: Ints, names: Ints, name_start: NDArray[np.int64]) -> Bools:
    """Which of the loads their own walk meets, the roots aside: they depend on themselves, and the root does not."""
    met = np.zeros(len(loads), np.bool_)
    supplying = np.flatnonzero(topology.supplied_start[loads] < topology.supplied_start[loads + 1])
    may = np.zeros(len(topology), np.bool_)
    may[loads[supplying]] = True
    among = may[names]  # few, as most that is met is no load
    among[name_start[:-1]] = False
    of_walk = np.repeat(np.arange(len(name_start) - 1), np.diff(name_start))[among]
    pairs = of_walk * len(topology) + names[among]
    met[supplying] = np.isin(walk[supplying].astype(np.int64) * len(topology) + loads[supplying], pairs)
    return met


@kernel
def local_assets(supplied_start: Ints, supplied_group: Ints, group_owner: Ints, most: int) -> Bools:
    """n: fewer than `most` assets that supply something depend on it, at any depth, itself counted (see above)."""
    count = len(supplied_start) - 1
    local = np.ones(count, np.bool_)
    met = np.full(count, -1, np.int32)
    queue = np.empty(most, np.int32)
    for asset in range(count):
        met[asset] = asset
        queue[0] = asset
        head, tail = 0, 1
        while head < tail and local[asset]:
            supplier = queue[head]
            head += 1
            for at in range(supplied_start[supplier], supplied_start[supplier + 1]):
                consumer = group_owner[supplied_group[at]]
                if met[consumer] == asset or supplied_start[consumer] == supplied_start[consumer + 1]:
                    continue
                met[consumer] = asset
                if tail == most or not local[consumer]:
                    local[asset] = False
                    break
                queue[tail] = consumer
                tail += 1
    return local


@kernel
def inside_one(  # noqa: PLR0913, PLR0917 - arrays of the topology
    place: Ints,
    supplied_start: Ints,
    supplied_group: Ints,
    group_owner: Ints,
    owner_start: Ints,
    member_start: Ints,
    member: Ints,
) -> Bools:
    """n: stands in a place, and so does, in the same, all that supplies something and depends on it, at any depth."""
    local = place >= 0
    queue = np.empty(len(place), np.int32)
    tail = 0
    for asset in range(len(place)):
        for at in range(supplied_start[asset], supplied_start[asset + 1]):
            consumer = group_owner[supplied_group[at]]
            if supplied_start[consumer] < supplied_start[consumer + 1] and place[consumer] != place[asset]:
                local[asset] = False
        if not local[asset]:
            queue[tail] = asset
            tail += 1
    head = 0
    while head < tail:
        asset = queue[head]
        head += 1
        if supplied_start[asset] == supplied_start[asset + 1]:
            continue
        for at in range(member_start[owner_start[asset]], member_start[owner_start[asset + 1]]):
            if local[member[at]]:
                local[member[at]] = False
                queue[tail] = member[at]
                tail += 1
    return local


@kernel
def same_groups(  # noqa: PLR0913, PLR0917 - arrays of the topology
    owner_start: Ints,
    member_start: Ints,
    member: Ints,
    group_need: Ints,
    loop_of_group: Ints,
    down: Bools,
    local: Bools,
    loads: Ints,
) -> Ints:
    """For each load the position of the first load with the very same groups, where both are local; else its own."""
    first = np.arange(len(loads)).astype(np.int32)
    size = 16
    while size < 2 * len(loads):
        size *= 2
    table = np.full(size, -1, np.int32)
    for position in range(len(loads)):
        asset = loads[position]
        if not local[asset]:
            continue
        mixed = np.int64(owner_start[asset + 1] - owner_start[asset])
        for group in range(owner_start[asset], owner_start[asset + 1]):
            mixed = (mixed * 31 + group_need[group]) & 0xFFFFFFFFFFF
            for at in range(member_start[group], member_start[group + 1]):
                mixed = ((mixed ^ (mixed >> 15)) * 65599 + member[at]) & 0xFFFFFFFFFFF
        at = (mixed ^ (mixed >> 20)) & (size - 1)
        while table[at] >= 0:
            if equal_groups(owner_start, member_start, member, group_need, loop_of_group, asset, int(loads[table[at]])):
                first[position] = table[at]
                break
            at = (at + 1) & (size - 1)
        if table[at] < 0:
            table[at] = position
    return first


@kernel
def equal_groups(  # noqa: PLR0913, PLR0917 - arrays of the topology
    owner_start: Ints, member_start: Ints, member: Ints, group_need: Ints, loop_of_group: Ints, one: int, other: int
) -> bool:
    """Whether two assets have the same groups, neither in a loop."""
    many = owner_start[one + 1] - owner_start[one]
    if owner_start[other + 1] - owner_start[other] != many:
        return False
    for step in range(many):
        mine, theirs = owner_start[one] + step, owner_start[other] + step
        size = member_start[mine + 1] - member_start[mine]
        if member_start[theirs + 1] - member_start[theirs] != size or group_need[mine] != group_need[theirs]:
            return False
        if loop_of_group[mine] >= 0 or loop_of_group[theirs] >= 0:
            return False
        for at in range(size):
            if member[member_start[mine] + at] != member[member_start[theirs] + at]:
                return False
    return True


@kernel
def meet_loop(loops: Rows, loop: int, walk: int, many: int) -> int:
    """Number a loop where a walk meets it first; how many it has met then.

    loops: the walk that met each loop last, and its number there; one more column stays -1, for no loop.
    """
    if loop < 0 or loops[0, loop] == walk:
        return many
    loops[0, loop] = walk
    loops[1, loop] = many
    return many + 1


@kernel
def walks(  # noqa: PLR0913, PLR0915, PLR0917 - one walk over arrays of the topology
    owner_start: Ints,
    member_start: Ints,
    member: Ints,
    group_need: Ints,
    loop_of_group: Ints,
    down: Bools,
    local: Bools,
    roots: Ints,
    salt: Words,
    counted: Bools,
) -> tuple[Ints, NDArray[np.int64], Ints, NDArray[np.int64], Bools]:
    """The story of each root in words, the local assets of it as met, and whether it may be merged with others.

    Words: trunk assets as they are, local ones as -10 - number, loops numbered as met; the rest is bracketed so that a
    story reads one way.
    """
    words = np.empty(1024, np.int32)
    names = np.empty(1024, np.int32)
    word_start = np.zeros(len(roots) + 1, np.int64)
    name_start = np.zeros(len(roots) + 1, np.int64)
    merges = np.ones(len(roots), np.bool_)
    number = np.full(len(down), -1, np.int32)
    loops = np.full((2, len(loop_of_group) + 1), -1, np.int32)
    written, named = 0, 0
    for place in range(len(roots)):
        begin, many_loops = named, 0
        if named + LONGEST_WALK + 1 > len(names):
            names = grown_ints(names, named + LONGEST_WALK + 1)
        names[named] = roots[place]
        number[roots[place]] = 0
        named += 1
        merges[place] = local[roots[place]]
        head = begin
        while head < named and merges[place]:
            asset = names[head]
            many = member_start[owner_start[asset + 1]] - member_start[owner_start[asset]]
            needed = written + many + 3 * (owner_start[asset + 1] - owner_start[asset]) + 4
            if needed > len(words):
                words = grown_ints(words, int(needed))
            words[written] = -1 if counted[asset] or head == begin else -2
            agreed = salt[asset] if head > begin else 0
            words[written + 1] = agreed >> 32
            words[written + 2] = ((agreed & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
            written += 3
            head += 1
            for group in range(owner_start[asset], owner_start[asset + 1]):
                words[written] = -3
                words[written + 1] = group_need[group]
                many_loops = meet_loop(loops, int(loop_of_group[group]), place, many_loops)
                words[written + 2] = loops[1, loop_of_group[group]]
                written += 3
                for at in range(member_start[group], member_start[group + 1]):
                    supplier = member[at]
                    if down[supplier]:
                        continue
                    if local[supplier] and number[supplier] < 0:
                        if named - begin == LONGEST_WALK:
                            merges[place] = False
                            continue
                        number[supplier] = named - begin
                        names[named] = supplier
                        named += 1
                    elif number[supplier] == 0:
                        merges[place] = False
                    words[written] = -10 - number[supplier] if local[supplier] else supplier
                    written += 1
        for at in range(begin, named):
            number[names[at]] = -1
        word_start[place + 1] = written
        name_start[place + 1] = named
    return words[:written], word_start, names[:named], name_start, merges


@kernel
def hash_words(words: Ints, start: NDArray[np.int64]) -> Words:
    """A hash of each story."""
    hashes = np.empty(len(start) - 1, np.int64)
    for story in range(len(start) - 1):
        mixed = np.int64(7)
        for at in range(start[story], start[story + 1]):
            mixed = ((mixed ^ (mixed >> 17)) * 65599 + (words[at] & 0xFFFFFFF)) & 0xFFFFFFFFFFF
        hashes[story] = mixed
    return hashes


@kernel
def confirm(words: Ints, start: NDArray[np.int64], first: Ints, merges: Bools) -> Ints:
    """The representative of each story: `first` where the words are the same and both may be merged, else itself."""
    template = np.empty(len(first), np.int32)
    for story in range(len(first)):
        model = first[story]
        size = start[story + 1] - start[story]
        good = merges[story] and merges[model] and start[model + 1] - start[model] == size
        for at in range(size):
            good = good and words[start[story] + at] == words[start[model] + at]
        template[story] = model if good else story
    return template
