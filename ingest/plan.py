"""What an import would change: pure functions from what the graph holds and what the sources say.

Each thing (asset or relationship) has what each source says of it. Where sources contradict each other about a
property, the one that the mapping's precedence names first has its way, else the one with the lower rank, imported
first; the conflict is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from ingest.digest import of_record
from ingest.graph_state import SAID_ASIDE, Held
from ingest.precedence import Preferences
from ingest.records import ORIGIN, AssetRecord, Finding, Place, Properties, RelationshipRecord

Key = TypeVar("Key")
_WORDS = re.compile(r"[^\W\d_]{3,}")  # of a classification, without its code
Record = AssetRecord | RelationshipRecord

MOST_TOLD = 1_000
"""Changed things of which values before and after are kept."""


Fetch = Callable[[Sequence[Key]], dict[Key, tuple[Properties, dict[str, Properties]]]]
"""From keys that the graph holds to (present properties, what each source says)."""


@dataclass(slots=True)
class Incoming(Generic[Key]):
    """What one source of the call says; `covers` tells whether its files could have named a key."""

    source: str
    things: dict[Key, Record]
    covers: Callable[[Key], bool]


class Row(NamedTuple):
    """One thing to write; `properties` holds None for what is to be removed; `old_label` where that changes.

    `hash` is the digest of what its one source says, `values` what each of several sources says.
    """

    label: str
    properties: Properties
    sources: tuple[str, ...]
    hash: int | None
    values: list[str] | None = None
    old_label: str | None = None
    held: bool = False
    """Whether the graph holds the thing already, so that what stands there from before is taken back."""

    def written(self) -> Properties:
        """The properties as they are written, bookkeeping included."""
        stamp: Properties = {"_sources": list(self.sources), "_hash": self.hash}
        if self.values is not None or self.held:
            stamp["_values"] = self.values
        return {**self.properties, **stamp}


@dataclass(slots=True)
class Plan(Generic[Key]):
    """What to write, by key, and what it amounts to."""

    new: dict[Key, Row] = field(default_factory=dict[Key, Row])
    changed: dict[Key, Row] = field(default_factory=dict[Key, Row])
    joined: dict[Key, Row] = field(default_factory=dict[Key, Row])
    """Only the bookkeeping changes: another source says the same, or one of several says it no longer."""
    gone: dict[Key, str] = field(default_factory=dict[Key, str])
    """Key → label or type of what no source has any more."""
    differs: dict[Key, dict[str, tuple[Any, Any]]] = field(default_factory=dict[Key, dict[str, tuple[Any, Any]]])
    """Of the first that are changed: property → value before and after, None for none; `label` where that changes."""
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])

    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.new or self.changed or self.joined or self.gone)

    def counts(self, restored: int = 0) -> dict[str, int]:
        """How many things are new, changed, gone, restored and unchanged."""
        return {
            "new": len(self.new) - restored,
            "restored": restored,
            "changed": len(self.changed),
            "gone": len(self.gone),
            "unchanged": self.unchanged + len(self.joined),
        }


def plan(
    held: Mapping[Key, Held],
    incoming: Sequence[Incoming[Key]],
    rank: Callable[[str], tuple[int, int]],
    fetch: Fetch[Key],
    preferences: Preferences | None = None,
) -> Plan[Key]:
    """Compare what the graph holds with what the sources of a call say.

    `rank` orders the sources; `preferences` say for single properties whose word counts before that.
    """
    preferences = preferences or Preferences()
    result: Plan[Key] = Plan()
    touched: dict[Key, None] = {}
    for said in incoming:
        row_of = _rows(said.source, preferences)
        for key, record in said.things.items():
            row = row_of(record)
            before = held.get(key) if held else None
            if before is None:
                if result.new.setdefault(key, row) is not row:  # another source of the call has it too
                    touched[key] = None
            elif _hash_of(before, said.source) != row.hash:
                touched[key] = None
        for key, before in held.items():
            if said.source in before.sources and key not in said.things and said.covers(key):
                touched[key] = None
    _settle(result, touched, held, incoming, rank, fetch, preferences)
    result.unchanged = _named(held, incoming, result)
    return result


def _named(held: Mapping[Key, Held], incoming: Sequence[Incoming[Key]], result: Plan[Key]) -> int:
    """How many things that the graph holds are named and stay as they are."""
    if not held:
        return 0
    named = {key for said in incoming for key in said.things if key in held}
    changed = sum(key in named for part in (result.changed, result.joined) for key in part)
    return len(named) - changed


def _rows(source: str, preferences: Preferences) -> Callable[[Record], Row]:
    """Rows of what one source says; relationships share most of their properties, so that they share their rows too.

    Their digests depend on the preferences, so that everything is settled anew where those change.
    """
    salt, sources = preferences.salt, (source,)
    known: dict[tuple[str, int], Row] = {}

    def of(record: Record) -> Row:
        properties = record.properties
        if isinstance(record, AssetRecord):
            return Row(record.label, properties, sources, of_record(salt + record.label, properties))
        key = (record.type, id(properties))
        row = known.get(key)
        if row is None:
            row = known[key] = Row(record.type, properties, sources, of_record(salt + record.type, properties))
        return row

    return of


def _hash_of(held: Held, source: str) -> int | None:
    return held.hashes[held.sources.index(source)] if source in held.sources else None


def _settle(  # noqa: PLR0913, PLR0917 - the parts of one plan
    result: Plan[Key],
    touched: Iterable[Key],
    held: Mapping[Key, Held],
    incoming: Sequence[Incoming[Key]],
    rank: Callable[[str], tuple[int, int]],
    fetch: Fetch[Key],
    preferences: Preferences,
) -> None:
    keys = list(touched)
    stored = fetch([key for key in keys if key in held])
    for key in keys:
        present, before = stored.get(key, ({}, {}))
        said = dict(before)
        place: Place | None = None
        label = held[key].label if key in held else ""
        for source in incoming:
            thing = source.things.get(key)
            if thing is not None:
                said[source.source] = thing.properties
                label, place = thing.label, thing.place
            elif source.covers(key):
                said.pop(source.source, None)
        ordered = sorted(said.items(), key=lambda item: rank(item[0]))
        if not ordered:
            result.gone[key] = label
            continue
        if len(ordered) > 1:
            result.findings.extend(_conflicts(key, label, ordered, place, preferences))
        row = _row(label, ordered, preferences)
        if key not in held:
            result.new[key] = row
            continue
        _change(result, key, row, present, before, held[key].label)


def _change(  # noqa: PLR0913, PLR0917 - before and after of one thing
    result: Plan[Key],
    key: Key,
    row: Row,
    present: Properties,
    before: Mapping[str, Properties],
    old_label: str,
) -> None:
    """Sort a row into changed or joined; remove the properties that nobody says any more."""
    values = dict(row.properties)
    for name in {name for said in before.values() for name in said}:
        values.setdefault(name, None)
    differs = {name: (present.get(name), value) for name, value in values.items() if present.get(name) != value}
    relabelled = old_label if old_label and old_label != row.label else None
    kind = result.changed if differs or relabelled else result.joined
    if kind is result.changed and len(result.differs) < MOST_TOLD:
        told = {name: both for name, both in differs.items() if not name.startswith("_")}
        result.differs[key] = {"label": (old_label, row.label), **told} if relabelled else told
    kind[key] = row._replace(properties=values, old_label=relabelled, held=True)


def _row(label: str, said: Sequence[tuple[str, Properties]], preferences: Preferences) -> Row:
    salt = preferences.salt
    if len(said) == 1:
        source, properties = said[0]
        return Row(label, properties, (source,), of_record(salt + label, properties))
    merged: Properties = {}
    for _, properties in reversed(said):
        merged.update(properties)
    if not preferences.empty:
        for name in merged:
            merged[name] = _winner(name, label, said, preferences)[1]
    for name in SAID_ASIDE & merged.keys():
        merged[name] = _together(name, label, said, preferences)
    values = [json.dumps({"hash": of_record(salt + label, p), "says": p}, default=str) for _, p in said]
    return Row(label, merged, tuple(source for source, _ in said), None, values)


def _winner(name: str, label: str, said: Sequence[tuple[str, Properties]], preferences: Preferences) -> tuple[str, Any]:
    """Whose word counts for a property, and what it is; `said` is in the order of precedence."""
    speaking = [source for source, properties in said if name in properties]
    source = preferences.first(name, label, speaking)
    return source, next(properties[name] for one, properties in said if one == source)


def _together(name: str, label: str, said: Sequence[tuple[str, Properties]], preferences: Preferences) -> Any:
    """What sources say aside: lists are joined; of origins each property has that of the source whose word counts."""
    if name != ORIGIN:
        return list(dict.fromkeys(item for _, properties in said for item in properties.get(name, ())))
    origins: dict[str, Any] = {}
    for source, properties in said:
        said_here: dict[str, Any] = json.loads(properties.get(ORIGIN, "{}"))
        winning = (n for n in said_here if n in properties and _winner(n, label, said, preferences)[0] == source)
        origins.update((name, said_here[name]) for name in winning)
    return json.dumps(origins, ensure_ascii=False)


def _same_class(one: Any, other: Any) -> bool:
    """Whether two classifications contradict each other in nothing: the same words, or an IFC class beside a word.

    `23-30 10: Doors` and `doors` are the same; `IfcDoor` only says where the thing was found.
    """
    words = [_WORDS.findall(str(text).casefold()) for text in (one, other)]
    return words[0] == words[1] != [] or any(str(text).startswith("Ifc") for text in (one, other))


def _conflicts(
    key: Any, label: str, said: Sequence[tuple[str, Properties]], place: Place | None, preferences: Preferences
) -> Iterable[Finding]:
    """Tell each property about which sources disagree, who has his way, and why."""
    names = dict.fromkeys(name for _, properties in said for name in properties if name not in SAID_ASIDE)
    for name in names:
        winner, kept = _winner(name, label, said, preferences)
        ruled = preferences.rules(name, label, winner)
        for source, properties in said:
            value = properties.get(name, kept)
            if value != kept and not (name == "category" and _same_class(value, kept)):
                ids = (key,) if isinstance(key, str) else (key[0], key[2])
                why = "has precedence for it and was kept" if ruled else "came first and was kept"
                message = f"{' → '.join(ids)}: {name} is {kept!r} in {winner}, {value!r} in {source}; {winner} {why}"
                yield Finding("conflict", "warning", message, place, ids)
