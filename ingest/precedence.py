"""Precedence of sources for single properties: as the mapping says it, and as the graph remembers it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.mapping.entries import matches
from ingest.mapping.sources import Precedence


@dataclass(frozen=True, slots=True)
class Preferences:
    """Whose word counts for which property; without any rule, the source that was imported first."""

    entries: tuple[Precedence, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is no rule."""
        return not self.entries

    @property
    def salt(self) -> str:
        """What digests of records begin with: another one for other rules."""
        return self.to_text() if self.entries else ""

    def first(self, name: str, label: str, sources: Sequence[str]) -> str:
        """The source whose word counts, of those that say anything about a property, in the order of their ranks."""
        return self._ruled(name, label, sources) or sources[0]

    def rules(self, name: str, label: str, source: str) -> bool:
        """Whether a rule, and not the order of imports, gives a source its way."""
        return self._ruled(name, label, (source,)) is not None

    def _ruled(self, name: str, label: str, sources: Iterable[str]) -> str | None:
        for entry in self.entries:
            if matches(name, entry.property) and (not entry.labels or label in entry.labels):
                for pattern in entry.sources:
                    for source in sources:
                        if matches(source, (pattern,)):
                            return source
        return None

    def to_text(self) -> str:
        """The rules as JSON, for the graph to remember."""
        return json.dumps([entry.model_dump(exclude_defaults=True) for entry in self.entries])

    @classmethod
    def from_text(cls, text: str) -> Preferences:
        """The rules that `to_text` wrote."""
        return cls(tuple(Precedence.model_validate(entry) for entry in json.loads(text or "[]")))
