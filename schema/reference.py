"""The reference page of the documentation, written from the declarations.

`python -m schema.reference` writes `docs/schema.md` and `docs/schema.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from schema.jsonschema import json_schema
from schema.labels import LABELS
from schema.model import Label, Property, RelationshipType
from schema.properties import ASSET_PROPERTIES
from schema.relationships import RECORD_LABELS, RECORD_RELATIONSHIPS, RELATIONSHIPS, SUPPLY_PROPERTIES


def _table(properties: Iterable[Property]) -> Iterator[str]:
    yield "| property | kind | unit | meaning |"
    yield "|---|---|---|---|"
    for p in properties:
        values = f" One of: {', '.join(p.choices)}." if p.choices else ""
        marks = "".join(f", {mark}" for mark, on in (("required", p.required), ("indexed", p.indexed)) if on)
        yield f"| `{p.name}` | {p.kind}{marks} | {p.unit} | {p.description}{values} |"


def _label(label: Label) -> Iterator[str]:
    yield f"### {label.name}\n"
    facts = [label.description]
    if label.load:
        facts.append("A load.")
    if label.expects:
        facts.append(f"Counted as unknown without: {', '.join(label.expects)}.")
    if label.ifc:
        facts.append(f"IFC: {', '.join(label.ifc)}.")
    if label.brick:
        facts.append(f"Brick: {label.brick}.")
    yield " ".join(facts) + "\n"
    if label.properties:
        yield from _table(label.properties)
        yield ""


def _supply(declared: Iterable[RelationshipType]) -> Iterator[str]:
    yield "Each goes from the supplier to the consumer, which cannot be up without its groups of them.\n"
    yield "| type | meaning |"
    yield "|---|---|"
    yield from (f"| `{one.name}` | {one.description} |" for one in declared)
    yield "\nAll of them have these properties:\n"
    yield from _table(SUPPLY_PROPERTIES)
    yield ""


def _relationship(declared: RelationshipType) -> Iterator[str]:
    yield f"### {declared.name}\n"
    yield f"{declared.description}\n"
    if declared.properties:
        yield from _table(declared.properties)
        yield ""


def page() -> str:
    """The reference page as Markdown."""
    lines = [
        "# Schema reference",
        "",
        "Written by `make docs` from the declarations in `schema/`; `docs/schema.json` is the same as JSON Schema.",
        "",
        "## Every asset",
        "",
        "An asset has the label `Asset` and its own. Every label has these properties:",
        "",
        *_table(ASSET_PROPERTIES),
        "",
        "## Labels",
        "",
        *(line for label in LABELS.values() for line in _label(label)),
        "## Supply relationships",
        "",
        *_supply(declared for declared in RELATIONSHIPS.values() if declared.supply),
        "## Other relationships",
        "",
        *(line for declared in RELATIONSHIPS.values() if not declared.supply for line in _relationship(declared)),
        "## Records that are no assets",
        "",
    ]
    for name, properties in RECORD_LABELS.items():
        lines += [f"### {name}", "", *_table(properties), ""]
    lines += [f"- `{name}`: {meaning}" for name, meaning in RECORD_RELATIONSHIPS.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page and the JSON Schema into docs/ of the current folder."""
    docs = Path("docs")
    docs.mkdir(exist_ok=True)
    (docs / "schema.md").write_text(page(), encoding="utf-8")
    (docs / "schema.json").write_text(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
