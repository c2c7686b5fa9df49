"""What Neo4j cannot hold: texts too long for its indexes, and halves of characters.

They are left out and told before anything is written, as the database would refuse them in the middle of the import.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ingest.records import Extract, Finding
from schema.labels import properties_of

LONGEST_INDEXED: Final = 2_000
"""Characters of a text that is indexed; Neo4j takes some 8,000 bytes, and a character may take four."""


def drop_unstorable(extract: Extract) -> None:
    """Take values out of the records of an extract that the database would refuse, and tell each."""
    for record in extract.assets:
        values = record.properties
        bad = [
            (name, why)
            for name, value in values.items()
            if type(value) is str and (why := _wrong(value, name, record.label)) is not None
        ]
        if not bad:
            continue
        record.properties = {name: value for name, value in values.items() if name not in dict(bad)}
        for name, why in bad:
            place = record.place._replace(column=name) if record.place.row is not None else record.place
            message = f"{name} of {record.id} {why}; the value was passed over"
            extract.findings.append(Finding("bad-value", "error", message, place, (record.id,)))


def _wrong(value: str, name: str, label: str) -> str | None:
    if len(value) > LONGEST_INDEXED and name in _indexed(label):
        return f"has {len(value):,} characters, and {LONGEST_INDEXED:,} are the most"
    return None if value.isascii() or _whole(value) else "holds half of a character (a lone surrogate)"


def _whole(value: Any) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _indexed(label: str) -> frozenset[str]:
    return frozenset(name for name, declared in properties_of(label).items() if declared.indexed)
