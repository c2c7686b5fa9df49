"""What an import changes, thing by thing: what is new, changed, restored or gone, and values before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from ingest.graph_state import RelationshipKey
from ingest.plan import MOST_TOLD, Plan

_LONGEST: Final = 40  # characters of a value in a line

Entries = dict[str, list[dict[str, Any]]]
"""new, changed, restored, gone → things, each as JSON: id and label, or ends, type and group.

Of a changed one `values`: property → [before, after].
"""


@dataclass(slots=True)
class Difference:
    """The things that an import changes, at most `MOST_TOLD` of a kind; the counts of the report have all."""

    assets: Entries = field(default_factory=Entries)
    relationships: Entries = field(default_factory=Entries)

    def to_dict(self) -> dict[str, Entries]:
        """The difference as JSON."""
        return {"assets": self.assets, "relationships": self.relationships}


def difference(
    assets: Plan[str], relationships: Plan[RelationshipKey], tombstones: Collection[str] = frozenset()
) -> Difference:
    """List what two plans change; `tombstones` are the assets that come back."""

    def asset(key: str, label: str) -> dict[str, Any]:
        return {"id": key, "label": label}

    def relationship(key: RelationshipKey, _: str = "") -> dict[str, Any]:
        return {"source_id": key[0], "type": key[1], "target_id": key[2], **({"group": key[3]} if key[3] else {})}

    come_back = (key for key in assets.new if key in tombstones) if tombstones else ()
    listed: Entries = {
        "new": [asset(key, assets.new[key].label) for key in _first(k for k in assets.new if k not in tombstones)],
        "changed": [
            {**asset(key, assets.changed[key].label), "values": _plain(assets.differs.get(key, {}))}
            for key in _first(assets.changed)
        ],
        "restored": [asset(key, assets.new[key].label) for key in _first(come_back)],
        "gone": [asset(key, label) for key, label in islice(assets.gone.items(), MOST_TOLD)],
    }
    related: Entries = {
        "new": [relationship(key) for key in _first(relationships.new)],
        "changed": [
            {**relationship(key), "values": _plain(relationships.differs.get(key, {}))}
            for key in _first(relationships.changed)
        ],
        "gone": [relationship(key) for key in _first(relationships.gone)],
    }
    return Difference(
        {word: entries for word, entries in listed.items() if entries},
        {word: entries for word, entries in related.items() if entries},
    )


def _first(keys: Iterable[Any]) -> Iterable[Any]:
    return islice(keys, MOST_TOLD)


def _plain(values: Mapping[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {name: [_json(before), _json(after)] for name, (before, after) in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, list):
        return [_json(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def line(entry: Mapping[str, Any]) -> str:
    """What a person reads of one entry: SRV-1 (Server): serial 'S1' → 'S2'."""
    if "id" in entry:
        text = f"{entry['id']} ({entry['label']})"
    else:
        group = f" ({entry['group']})" if "group" in entry else ""
        text = f"{entry['source_id']} {entry['type']} {entry['target_id']}{group}"
    values = ", ".join(f"{name} {_shown(a)} → {_shown(b)}" for name, (a, b) in entry.get("values", {}).items())
    return f"{text}: {values}" if values else text


def _shown(value: Any) -> str:
    text = "none" if value is None else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
