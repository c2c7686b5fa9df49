"""Compile columns of assets and relationships into a Topology. Pure: reads nothing but its arguments and the schema."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from twin.topology.columns import (
    CONTAINS,
    AssetColumns,
    RelationshipColumns,
    asset_columns,
    relationship_columns,
)
from twin.topology.groups import Groups, compile_groups
from twin.topology.loops import compile_loops
from twin.topology.model import NUMBERS, TYPES, Bools, Codes, Floats, Ints, Topology
from twin.topology.space import compile_space, depth_first, enclosing, parents
from twin.topology.strings import Ids, Texts


def from_records(assets: Iterable[Mapping[str, Any]], relationships: Iterable[Mapping[str, Any]]) -> Topology:
    """Compile dicts as the CSV tables have them.

    Assets `{"id", "label", …}`, relationships `{"source_id", "type", "target_id", …}`.
    """
    columns = asset_columns(assets)
    return build(columns, relationship_columns(columns, relationships))


def build(
    assets: AssetColumns,
    relationships: RelationshipColumns,
    *,
    is_load: Callable[[str], bool] | None = None,
    expects: Callable[[str], Sequence[str]] | None = None,
    order: Ints | None = None,
) -> Topology:
    """Compile the columns; `is_load` and `expects` (supply types by label) default to the schema's.

    `order`: their `index_order`, where it is known.
    """
    order = index_order(assets, relationships) if order is None else order
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    ids = Ids.of(Texts.of(assets.id).taken(order))
    labels, label = _labels(assets, order)
    columns = {name: _filled(assets.numbers[name][order], default) for name, default in NUMBERS.items()}
    renumbered = _renumbered(relationships, number)
    groups = compile_groups(renumbered, ids)
    loops = compile_loops(groups, len(ids))
    space = compile_space(renumbered, ids)
    expected = expects or _schema_expects
    topology: dict[str, Any] = {
        "ids": ids,
        "labels": labels,
        "label": label,
        "loads": np.array([(is_load or _schema_is_load)(name) for name in labels], np.bool_)[label],
        **columns,
        "standby": assets.standby[order],
        "owner_start": groups.owner_start,
        "group_owner": groups.owner,
        "group_type": groups.type,
        "group_name": groups.name,
        "names": groups.names,
        "group_need": groups.need,
        "group_transfer": groups.transfer,
        "group_portion": groups.portion,
        "group_inferred": groups.inferred,
        "member_start": groups.member_start,
        "member": groups.member,
        "member_priority": groups.member_priority,
        "supplied_start": groups.supplied_start,
        "supplied_group": groups.supplied_group,
        "supplied_position": groups.supplied_position,
        **loops,
        "standby_group": _standby_groups(groups, assets.standby[order]),
        **space,
        "building": enclosing(space["parent"], label, labels, "Building"),
        "module": enclosing(space["parent"], label, labels, "Module"),
        "problems": (*groups.problems, *_efficiency_problems(columns["efficiency"], ids)),
        "need_problems": groups.need_problems,
        "expected_unknown": _unknown(groups, label, [expected(name) for name in labels]),
    }
    topology = {name: frozen(value) for name, value in topology.items()}
    return Topology(version=digest(topology), condition=frozen(assets.condition[order]), **topology)


def frozen(value: Any) -> Any:
    """The same value; an array is made contiguous and read-only."""
    if isinstance(value, Ids):
        return Ids(*(frozen(part) for part in (value.buffer, value.offsets, value.order, value.rank)))
    if not isinstance(value, np.ndarray):
        return value
    array: NDArray[Any] = np.ascontiguousarray(cast("NDArray[Any]", value))
    array.flags.writeable = False
    return array


def index_order(assets: AssetColumns, relationships: RelationshipColumns) -> Ints:
    """The positions in the columns in the order of the index: depth first along CONTAINS, children by id."""
    by_text = Texts.of(assets.id).sorting()
    rank = np.empty(len(by_text), np.int32)
    rank[by_text] = np.arange(len(by_text), dtype=np.int32)
    contains = relationships.type == CONTAINS
    parent = parents(rank[relationships.source[contains]], rank[relationships.target[contains]], len(rank))
    return by_text[depth_first(parent)]


def digest(fields: Mapping[str, Any]) -> str:
    """A version that only the content decides: equal fields, equal text."""
    state = hashlib.blake2b(digest_size=12)
    for name in sorted(fields):
        value = fields[name]
        parts: list[Any] = [value.buffer, value.offsets] if isinstance(value, Ids) else [value]
        for part in parts:
            if not isinstance(part, np.ndarray):
                state.update(f"{name} {part!r}".encode())
                continue
            array = cast("NDArray[Any]", part)
            state.update(f"{name} {array.dtype} {array.shape}".encode())
            state.update(array.tobytes())
    return state.hexdigest()


def _labels(assets: AssetColumns, order: Ints) -> tuple[tuple[str, ...], Codes]:
    labels = tuple(sorted(set(assets.label)))
    code = {name: number for number, name in enumerate(labels)}
    return labels, np.fromiter((code[name] for name in assets.label), np.uint8, len(assets.label))[order]


def _filled(values: Floats, default: float) -> Floats:
    return values if np.isnan(default) else np.where(np.isnan(values), default, values)


def _renumbered(relationships: RelationshipColumns, number: Ints) -> RelationshipColumns:
    return replace(relationships, source=number[relationships.source], target=number[relationships.target])


def _standby_groups(groups: Groups, standby: Bools) -> Ints:
    listed = np.repeat(np.arange(len(groups.owner), dtype=np.int32), np.diff(groups.member_start))
    return np.unique(listed[standby[groups.member]])


def _efficiency_problems(efficiency: Floats, ids: Ids) -> tuple[str, ...]:
    wrong = np.flatnonzero(~((efficiency > 0) & (efficiency <= 1))).astype(np.int32)
    return tuple(f"{ids[int(i)]}: efficiency {efficiency[i]:g} is not above 0 and at most 1" for i in ids.sorted(wrong))


def _unknown(groups: Groups, label: Codes, expected: list[Sequence[str]]) -> Bools:
    """Lacks a group of a type that its label expects."""
    has = np.zeros((len(TYPES), len(label)), np.bool_)
    has[groups.type, groups.owner] = True
    unknown = np.zeros(len(label), np.bool_)
    for code, types in enumerate(expected):
        for name in types:
            unknown |= (label == code) & ~has[TYPES.index(name)]
    return unknown


def _schema_is_load(label: str) -> bool:
    from schema import is_load  # noqa: PLC0415 - pydantic only when the declarations are asked for

    return is_load(label)


def _schema_expects(label: str) -> Sequence[str]:
    from schema import expects  # noqa: PLC0415 - pydantic only when the declarations are asked for

    return expects(label)
