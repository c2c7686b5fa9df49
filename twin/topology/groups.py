"""Groups: the supply relationships into one consumer, by type and name, with what they state checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from twin.topology.columns import RelationshipColumns
from twin.topology.model import FEEDS, TYPES, Bools, Codes, Floats, Ints
from twin.topology.space import start_of
from twin.topology.strings import Ids

TYPE_RANK = np.array([sorted(TYPES).index(name) for name in TYPES], np.int32)
"""Place of each type code among the types sorted by text."""


@dataclass(frozen=True, eq=False)
class Groups:
    """The fields of Topology about groups, and what is wrong with them."""

    owner_start: Ints
    owner: Ints
    type: Codes
    name: Ints
    names: Ids
    need: Ints
    transfer: Bools
    portion: Floats
    inferred: Bools
    member_start: Ints
    member: Ints
    member_priority: Ints
    supplied_start: Ints
    supplied_group: Ints
    supplied_position: Ints
    problems: tuple[str, ...]
    need_problems: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Supply relationships sorted by group and supplier, selves left out; `start` of each group, `of` each row."""

    columns: RelationshipColumns
    order: Ints
    start: Ints
    of: Ints


def compile_groups(relationships: RelationshipColumns, ids: Ids) -> Groups:
    """Sort supply relationships into groups by (owner, text of the type, name) and check what they state."""
    relationships = _with_names_in_order(relationships)
    names = Ids.of(relationships.group_names)
    rows = _sorted_rows(relationships, names)
    first = rows.order[rows.start[:-1]]
    owner, type_, name = relationships.target[first], relationships.type[first], relationships.group[first]
    member_start, member, priority = _members(rows)
    size = np.diff(member_start)
    need_low, need_high = _range(rows, relationships.need)
    need = np.where(need_low == need_high, need_low, size).astype(np.int32)
    portion_low, portion, unequal = _portions(rows, owner, type_)
    transfer_low, transfer = _range(rows, relationships.transfer.astype(np.int8))
    by_supplier = np.argsort(member, kind="stable").astype(np.int32)
    of_member = np.repeat(np.arange(len(owner), dtype=np.int32), size)
    groups = Groups(
        owner_start=start_of(owner, len(ids)),
        owner=owner,
        type=type_,
        name=name,
        names=names,
        need=need,
        transfer=transfer.astype(np.bool_),
        portion=portion,
        inferred=_range(rows, relationships.inferred.astype(np.int8))[1].astype(np.bool_),
        member_start=member_start,
        member=member,
        member_priority=priority,
        supplied_start=start_of(member[by_supplier], len(ids)),
        supplied_group=of_member[by_supplier],
        supplied_position=by_supplier,
        problems=(),
        need_problems=(),
    )
    say = _Say(groups, ids)
    problems = [
        *_selves(relationships, ids),
        *say.each(need_low < 1, lambda j: f"need {need_low[j]} is below 1"),
        *say.each(
            (need_low == need_high) & (need_low > size),
            lambda j: f"need {need_low[j]} is above its {size[j]} supplier{'' if size[j] == 1 else 's'}",
        ),
        *say.each(transfer_low != transfer, lambda _: "its relationships disagree about policy"),
        *say.each(groups.transfer & (need_low == need_high) & (need > 1), lambda j: f"transfer with need {need[j]}"),
        *say.each(unequal, lambda j: f"its relationships disagree about portion ({portion_low[j]:g}, {portion[j]:g})"),
        *_feeds_sums(groups, ids),
    ]
    disagree = say.each(
        need_low != need_high, lambda j: f"its relationships disagree about need ({need_low[j]}, {need_high[j]})"
    )
    return replace(groups, problems=tuple(problems), need_problems=tuple(disagree))


def _with_names_in_order(columns: RelationshipColumns) -> RelationshipColumns:
    """The same with the names that supply relationships have, sorted, so that equal campuses are equal in each byte."""
    used: list[int] = np.unique(columns.group[columns.type < len(TYPES)]).tolist()
    names = sorted({columns.group_names[number] for number in used})
    new = {name: number for number, name in enumerate(names)}
    code = np.zeros(len(columns.group_names), np.int32)
    code[used] = [new[columns.group_names[number]] for number in used]
    return replace(columns, group=code[columns.group], group_names=names)


def _sorted_rows(columns: RelationshipColumns, names: Ids) -> _Rows:
    supply = np.flatnonzero((columns.type < len(TYPES)) & (columns.source != columns.target))
    keys = (
        columns.source[supply],
        names.rank[columns.group[supply]],
        TYPE_RANK[columns.type[supply]],
        columns.target[supply],
    )
    sorting = np.lexsort(keys)
    order = supply[sorting].astype(np.int32)
    begins = np.ones(len(order), np.bool_)
    if len(order):
        changed = [np.diff(key[sorting]) != 0 for key in keys[1:]]
        begins[1:] = changed[0] | changed[1] | changed[2]
    start = np.append(np.flatnonzero(begins), len(order)).astype(np.int32)
    return _Rows(columns, order, start, (np.cumsum(begins) - 1).astype(np.int32))


def _members(rows: _Rows) -> tuple[Ints, Ints, Ints]:
    """Distinct suppliers of each group, and the lowest priority of each."""
    supplier = rows.columns.source[rows.order]
    begins = np.ones(len(supplier), np.bool_)
    if len(supplier):
        begins[1:] = (np.diff(supplier) != 0) | (np.diff(rows.of) != 0)
    first = np.flatnonzero(begins)
    priority = rows.columns.priority[rows.order]
    lowest = np.minimum.reduceat(priority, first) if len(first) else priority
    return start_of(rows.of[first], len(rows.start) - 1), supplier[first], lowest.astype(np.int32)


def _range(rows: _Rows, values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> tuple[Ints, Ints]:
    """Lowest and highest of the rows of each group."""
    sorted_ = values[rows.order]
    if not len(sorted_):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    begins = rows.start[:-1]
    return np.minimum.reduceat(sorted_, begins), np.maximum.reduceat(sorted_, begins)


def _portions(rows: _Rows, owner: Ints, type_: Codes) -> tuple[Floats, Floats, Bools]:
    """Lowest and highest portion of each group, absent ones by default, and whether they disagree."""
    feeds = np.bincount(owner[type_ == FEEDS], minlength=int(owner.max(initial=0)) + 1)
    default = np.where(type_ == FEEDS, 1.0 / np.maximum(feeds[owner], 1), 1.0)
    stated = rows.columns.portion[rows.order]
    resolved = np.where(np.isnan(stated), default[rows.of] if len(default) else stated, stated)
    if not len(resolved):
        return resolved, resolved, np.zeros(0, np.bool_)
    begins = rows.start[:-1]
    low, high = np.minimum.reduceat(resolved, begins), np.maximum.reduceat(resolved, begins)
    return low, high, high - low > 1e-9


class _Say:
    """Names a group in words: consumer, type and, where it has one, its name."""

    def __init__(self, groups: Groups, ids: Ids) -> None:
        self.groups, self.ids = groups, ids

    def each(self, wrong: Bools, what: Callable[[int], str]) -> Iterator[str]:
        for j in np.flatnonzero(wrong).tolist():
            name = self.groups.names[int(self.groups.name[j])]
            text = TYPES[int(self.groups.type[j])] + (f" group {name!r}" if name else "")
            suppliers = self.groups.member[self.groups.member_start[j] : self.groups.member_start[j + 1]]
            listed = ", ".join(self.ids.texts(suppliers))
            yield f"{self.ids[int(self.groups.owner[j])]}: {text} from {listed}: {what(j)}"


def _selves(columns: RelationshipColumns, ids: Ids) -> Iterator[str]:
    chosen = (columns.type < len(TYPES)) & (columns.source == columns.target)
    for asset, code in sorted(
        {(ids[int(a)], int(t)) for a, t in zip(columns.source[chosen], columns.type[chosen], strict=True)}
    ):
        yield f"{asset}: {TYPES[code]} from itself"


def _feeds_sums(groups: Groups, ids: Ids) -> Iterator[str]:
    feeds = groups.type == FEEDS
    total = np.bincount(groups.owner[feeds], groups.portion[feeds], minlength=len(ids))
    has = np.bincount(groups.owner[feeds], minlength=len(ids)) > 0
    for asset in np.flatnonzero(has & (np.abs(total - 1.0) > 1e-6)).tolist():
        yield f"{ids[asset]}: the portions of its FEEDS groups add up to {total[asset]:g}, not 1"
