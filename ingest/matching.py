"""The same asset in several sources: found by GlobalId, tag, serial, or name and place, each with a confidence.

A match needs a key that is unique on both sides, labels that agree, and no other key that contradicts. What reaches the
mapping's `least` confidence is merged: the record takes the id that the asset has already, and its own id is kept in
`_identities`. What does not, or is ambiguous, is listed and kept apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ingest.mapping.sources import Matching
from ingest.records import IDENTITIES, AssetRecord, Extract, Finding

WEAK_LABELS: Final = frozenset({"Equipment", "Segment"})
"""Labels of things that a mapping knew nothing better for; they give way to any other."""

KEYS: Final = ("global_id", "tag", "serial")
_NO_NAMES: Final = WEAK_LABELS | {"PowerPath", "CoolingLoop"}
_MOST_TOLD: Final = 2_000  # doubtful matches of one extract that are listed one by one


class Candidate(NamedTuple):
    """An asset that another source knows; `sources` are those that hold it."""

    id: str
    label: str
    keys: Mapping[str, Any]
    """global_id, tag, serial and name, as far as it has them."""
    stands: str | Settled | None
    """The id of its space or assembly, or who knows it."""
    sources: tuple[str, ...]
    named: bool = False
    """Whether its id is no more than its name (COBie, NetBox)."""

    @property
    def parent(self) -> str | None:
        """The id of the space or assembly that it stands in."""
        return self.stands.parent(self.id) if isinstance(self.stands, Settled) else self.stands


Lookup = Callable[[Mapping[str, Sequence[str]]], Iterable[Candidate]]
"""From values by key (id, global_id, tag, serial, name) to the assets of the graph that have one of them."""


def nothing(_: Mapping[str, Sequence[str]]) -> Iterable[Candidate]:
    """The lookup in an empty graph."""
    return ()


class Settled:
    """One extract whose identities are settled: its records, and where they stand; worked out when somebody asks."""

    def __init__(self, extract: Extract) -> None:
        self.source, self.records = extract.source, extract.assets
        self._extract = extract
        self._parents: dict[str, str] | None = None
        self._labelled: dict[str, list[AssetRecord]] | None = None

    def of(self, label: str) -> list[AssetRecord]:
        """The records of a label, or all."""
        if not label:
            return self.records
        if self._labelled is None:
            self._labelled = {}
            for record in self.records:
                self._labelled.setdefault(record.label, []).append(record)
        return self._labelled.get(label, [])

    def parent(self, identity: str) -> str | None:
        """The space or assembly that an asset stands in, both by the ids that the campus has for them."""
        if self._parents is None:
            self._parents = parents_of(self._extract)
        return self._parents.get(identity)


class Index:
    """Candidates by key and value, of the call's earlier extracts, and of the graph as far as it was asked.

    Each key is indexed when it is first looked for: most imports need few of them. Names are indexed by label.
    """

    def __init__(self) -> None:
        self._settled: list[Settled] = []
        self._found: dict[str, Candidate] = {}
        self._by: dict[tuple[str, str], dict[str, list[Candidate]]] = {}
        self._done: dict[tuple[str, str], int] = {}

    def settle(self, settled: Settled) -> None:
        """Add an extract."""
        self._settled.append(settled)

    def add(self, candidate: Candidate) -> None:
        """Add an asset of the graph; the same id is added once."""
        if candidate.id in self._found:
            return
        self._found[candidate.id] = candidate
        for (key, label), table in self._by.items():
            _put(table, key, label, candidate)

    def find(self, key: str, value: str, source: str, label: str = "") -> list[Candidate]:
        """Candidates of other sources that have a key's value; of a name those of the label."""
        table = self._table(key, label)
        found = table.get(folded(key, value)) if table else None
        return [candidate for candidate in found if source not in candidate.sources] if found else []

    def _table(self, key: str, label: str) -> dict[str, list[Candidate]]:
        slot = key, label
        table = self._by.get(slot)
        if table is None:
            table = self._by[slot] = {}
            for candidate in self._found.values():
                _put(table, key, label, candidate)
        done = self._done.get(slot, 0)
        if done < len(self._settled):
            self._done[slot] = len(self._settled)
            for settled in self._settled[done:]:
                self._index(settled, key, label, table)
        return table

    def _index(self, settled: Settled, key: str, label: str, table: dict[str, list[Candidate]]) -> None:
        for record in settled.of(label):
            if record.id in self._found:
                continue
            value = record.id if key == "id" else record.properties.get(key)
            if isinstance(value, str) and value:
                _join(table.setdefault(folded(key, value), []), record, settled)


def _join(found: list[Candidate], record: AssetRecord, settled: Settled) -> None:
    """Add a record to what has its key; what two earlier sources know under one id is one candidate."""
    for at, other in enumerate(found):
        if other.id == record.id:
            found[at] = other._replace(sources=(*other.sources, settled.source))
            return
    found.append(Candidate(record.id, record.label, record.properties, settled, (settled.source,), record.named))


def _put(table: dict[str, list[Candidate]], key: str, label: str, candidate: Candidate) -> None:
    value = candidate.id if key == "id" else candidate.keys.get(key)
    if isinstance(value, str) and value and (not label or candidate.label == label):
        table.setdefault(folded(key, value), []).append(candidate)


def folded(key: str, value: str) -> str:
    """How values are compared: GlobalIds exactly, all else without regard to case and blanks at the ends."""
    return value if key == "global_id" else value.strip().casefold()


def compatible(one: str, other: str) -> bool:
    """Whether two labels can be those of one asset."""
    return one == other or one in WEAK_LABELS or other in WEAK_LABELS


class Matcher:
    """Finds what the records of one extract are called by the sources before it."""

    def __init__(self, extract: Extract, rules: Matching, index: Index, shared: Callable[[str], bool]) -> None:
        """`shared` tells whether another source knows an asset, so that the two may know more things in it."""
        self.extract, self.rules, self.index, self.shared = extract, rules, index, shared
        self._parents: dict[str, str] | None = None
        self._unique: dict[str, Counter[str]] = {}
        self._taken: dict[str, str] = {}
        self._matched: dict[str, list[str]] = {}
        self._told = 0

    def ask(self, lookup: Lookup, settled: Callable[[AssetRecord], bool]) -> None:
        """Bring what the graph has of the keys of the records; `settled` tells which of them it knows already."""
        strangers = [record for record in self.extract.assets if not settled(record)]
        wanted = {"id": [record.id for record in strangers if record.named]}
        for key in (*KEYS, "name"):
            values = (record.properties.get(key) for record in strangers)
            wanted[key] = [value for value in values if isinstance(value, str) and value]
        for candidate in lookup(wanted):
            self.index.add(candidate)

    def parent(self, own: str) -> str | None:
        """Where a record stands, by the extract's own ids."""
        if self._parents is None:
            self._parents = parents_of(self.extract)
        return self._parents.get(own)

    def _occurs(self, key: str, value: str) -> int:
        """How often a key's value occurs in the extract."""
        if key not in self._unique:
            values = (record.properties.get(key) for record in self.extract.assets)
            self._unique[key] = Counter(folded(key, v) for v in values if isinstance(v, str) and v)
        return self._unique[key][folded(key, value)]

    def match(self, record: AssetRecord, renamed: Mapping[str, str]) -> str | None:
        """The id that the asset has in other sources, None where there is none that is sure enough."""
        for key in KEYS:
            value = record.properties.get(key)
            if not isinstance(value, str) or not value:
                continue
            found = self.index.find(key, value, self.extract.source)
            if not found:
                continue
            confidence: float = getattr(self.rules, key)
            why = self._why_not(record, key, value, found)
            if not why:
                return self._settled(record, found[0], key, confidence)
            self._doubt(record, found, f"{key} {value}", confidence, why)
        return self._by_name(record, renamed)

    def _why_not(self, record: AssetRecord, key: str, value: str, found: Sequence[Candidate]) -> str:
        """What speaks against a match, or nothing."""
        own = self._occurs(key, value)
        if own > 1:
            return f"it occurs {own} times in this source"
        if len(found) > 1:
            return f"{len(found)} assets of other sources have it"
        other = found[0]
        if other.id in self._taken:
            return f"{self._taken[other.id]} was taken for it already"
        if key != "global_id" and not compatible(record.label, other.label):
            return f"it is a {record.label} here and a {other.label} there"
        for contrary in KEYS[: KEYS.index(key)]:
            here, there = record.properties.get(contrary), other.keys.get(contrary)
            if here and there and folded(contrary, str(here)) != folded(contrary, str(there)):
                return f"their {contrary} differ ({here}, {there})"
        return ""

    def _by_name(self, record: AssetRecord, renamed: Mapping[str, str]) -> str | None:
        name = record.properties.get("name")
        if not isinstance(name, str) or not name or record.label in _NO_NAMES:
            return None
        found = self.index.find("name", name, self.extract.source, record.label)
        if not found:
            return None
        parent = self.parent(record.id)
        place = renamed.get(parent, parent) if parent else None
        if len(found) > 1 and (place is None or not self.shared(place)):
            return None
        there = [c for c in found if c.parent is not None and c.parent == place]
        if len(there) == 1:
            why = self._contrary(record, there[0])
            if not why:
                return self._settled(record, there[0], "name and place", self.rules.name_and_place)
            self._doubt(record, there, f"name {name}", self.rules.name_and_place, why)
        elif len(found) == 1 and self._occurs("name", name) == 1:
            if place is not None and found[0].parent is not None and found[0].parent != place:
                return None  # the same name in two places is two things
            why = self._contrary(record, found[0])
            if not why:
                return self._settled(record, found[0], "name", self.rules.name)
            self._doubt(record, found, f"name {name}", self.rules.name, why)
        return None

    def _contrary(self, record: AssetRecord, other: Candidate) -> str:
        if other.id in self._taken:
            return f"{self._taken[other.id]} was taken for it already"
        for key in KEYS:
            here, there = record.properties.get(key), other.keys.get(key)
            if here and there and folded(key, str(here)) != folded(key, str(there)):
                return f"their {key} differ ({here}, {there})"
        return ""

    def _settled(self, record: AssetRecord, other: Candidate, key: str, confidence: float) -> str | None:
        if confidence < self.rules.least:
            why = f"{confidence:g} is below {self.rules.least:g}, the least that merges"
            self._doubt(record, [other], f"{key} {record.properties.get(key, record.properties.get('name'))}", 0, why)
            return None
        self._taken[other.id] = record.id
        self._matched.setdefault(f"{key}, confidence {confidence:g}", []).append(f"{record.id} = {other.id}")
        return other.id

    def _doubt(self, record: AssetRecord, found: Sequence[Candidate], what: str, confidence: float, why: str) -> None:
        self._told += 1
        if self._told > _MOST_TOLD:
            return
        others = ", ".join(f"{c.id} of {c.sources[0]}" for c in found[:3]) + (" …" if len(found) > 3 else "")
        sure = f" (confidence {confidence:g})" if confidence else ""
        message = f"{record.id} may be {others} by its {what}{sure}, but {why}; they were kept apart"
        ids = (record.id, *(candidate.id for candidate in found[:10]))
        self.extract.findings.append(Finding("doubtful-match", "warning", message, record.place, ids))

    def tell(self) -> None:
        """Tell what was matched by which key, and how many doubts were not listed."""
        for key, pairs in self._matched.items():
            shown = ", ".join(pairs[:5]) + (" …" if len(pairs) > 5 else "")
            message = f"{len(pairs)} assets are known to other sources by their {key}: {shown}"
            ids = tuple(pair.partition(" = ")[2] for pair in pairs[:20])
            self.extract.findings.append(Finding("matched", "info", message, None, ids))
        if self._told > _MOST_TOLD:
            message = f"{self._told - _MOST_TOLD} more doubtful matches are not listed"
            self.extract.findings.append(Finding("doubtful-match", "warning", message))


def parents_of(extract: Extract) -> dict[str, str]:
    """Space or assembly by id, as the extract says it."""
    return {r.target_id: r.source_id for r in extract.relationships if r.type == "CONTAINS"}


def remember(record: AssetRecord, source: str, own: str) -> None:
    """Keep what the source calls an asset that took another id."""
    record.properties[IDENTITIES] = [f"{source}: {own}"]


def recorded(identities: Mapping[str, Sequence[str]], source: str) -> dict[str, str]:
    """Own id → id of the asset, for a source, from the graph's `_identities` by id."""
    prefix = f"{source}: "
    return {
        text.removeprefix(prefix): identity
        for identity, texts in identities.items()
        for text in texts
        if text.startswith(prefix)
    }
