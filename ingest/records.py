"""What readers make of files: assets, relationships and findings, each with its place in the file.

A reader returns one `Extract` for each source. It knows nothing of the database and nothing of the other sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from ingest.digest import packed

LONGEST_ID = 1024
"""Characters; Neo4j refuses to index keys above about 8 kB."""

ORIGIN = "_origin"
"""Bookkeeping property: JSON of values as the file has them (raw, measure or unit, SI), and who said them."""

DOCUMENTS = "_documents"
"""Bookkeeping property: documents that a source names for an asset."""

IDENTITIES = "_identities"
"""Bookkeeping property: `SOURCE: id` of each source that knows the asset under another id."""

Severity = Literal["error", "warning", "info"]
Properties = dict[str, Any]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much (0 where that is unknown)."""

ROWS_TOLD: Final = 20_000
"""Rows of a table between two calls of a Progress."""


class Place(NamedTuple):
    """Where something stands in a file: row and column of a table, or an item (an IFC entity, a JSON path)."""

    file: str
    row: int | None = None
    column: str | None = None
    item: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.item is not None:
            parts.append(self.item)
        return ", ".join(parts)


def row_place(file: str, row: int) -> Place:
    """The place of a row: what `Place(file, row)` makes, in a third of the time, as there are millions."""
    return tuple.__new__(Place, (file, row, None, None))  # pyright: ignore[reportUnknownMemberType]


@dataclass(slots=True)
class AssetRecord:
    """One asset as one source describes it; `properties` are declared ones of the label, without the id.

    `named`: its id is the name that its source gives it, which need not be unique in the campus.
    """

    id: str
    label: str
    properties: Properties
    place: Place
    named: bool = False


@dataclass(slots=True)
class RelationshipRecord:
    """One relationship as one source describes it; `source_id` is the supplier, the space or the part."""

    source_id: str
    type: str
    target_id: str
    properties: Properties
    place: Place

    @property
    def label(self) -> str:
        """Its type: what the label is to an asset."""
        return self.type


@dataclass(slots=True)
class Finding:
    """One thing that the data-quality report tells.

    `error`: something was dropped, or the analysis will refuse the model. `warning`: kept, but doubtful. `info`: what
    the ingest inferred or decided. `code` is stable; `ids` are the assets concerned.
    """

    code: str
    severity: Severity
    message: str
    place: Place | None = None
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return printable(f"{self.place}: {self.message}" if self.place else self.message)

    def to_dict(self) -> dict[str, Any]:
        """The finding as one flat JSON object."""
        place = self.place or Place("")
        entries: dict[str, Any] = {
            "severity": self.severity,
            "code": self.code,
            "message": printable(self.message),
            "file": place.file,
            "row": place.row,
            "column": place.column,
            "item": printable(place.item or ""),
            "ids": list(self.ids),
        }
        return {name: value for name, value in entries.items() if value not in (None, "", [])}


@dataclass(slots=True)
class Extract:
    """All that one source says.

    `partial` names the kind of thing that the given files cannot speak of, so that the load does not take it for gone:
    "relationships" where only a table of assets was named, "assets" where only one of relationships was.
    """

    source: str
    kind: str
    files: tuple[str, ...]
    assets: list[AssetRecord] = field(default_factory=list[AssetRecord])
    relationships: list[RelationshipRecord] = field(default_factory=list[RelationshipRecord])
    findings: list[Finding] = field(default_factory=list[Finding])
    partial: Literal["", "assets", "relationships"] = ""


def share_properties(relationships: Iterable[RelationshipRecord]) -> None:
    """Let relationships that say the same share their properties, as most do: the less is there to compare and write.

    Nobody may change the properties of a relationship afterwards.
    """
    known: dict[bytes, Properties] = {}
    for record in relationships:
        record.properties = known.setdefault(packed(record.properties), record.properties)


def printable(text: str) -> str:
    """A text on one line: what of a file's own words no terminal should get is written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def bad_id(identity: str) -> str | None:
    """What is wrong with an id, or None."""
    if len(identity) > LONGEST_ID:
        return f"the id {identity[:40]!r}… is longer than {LONGEST_ID} characters"
    if not identity.isprintable():
        return f"the id {identity[:40]!r} holds a character that cannot be printed"
    return None


def count_by(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, sorted by name."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def from_finding(entries: Mapping[str, Any]) -> Finding:
    """The finding that `Finding.to_dict` wrote."""
    place = Place(entries.get("file", ""), entries.get("row"), entries.get("column"), entries.get("item"))
    return Finding(
        code=entries["code"],
        severity=entries["severity"],
        message=entries["message"],
        place=place if place.file else None,
        ids=tuple(entries.get("ids", ())),
    )
