"""One import: what was asked for, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest import graph_state as graph
from ingest.mapping.model import Mapping
from ingest.records import Extract
from ingest.report import Report
from ingest.sources import SourceFiles


@dataclass(slots=True)
class Options:
    """How to import. `source` names one source for all files; `strict` refuses whatever has an error."""

    source: str | None = None
    dry_run: bool = False
    strict: bool = False
    mapping: Path | None = None
    way: Literal["auto", "bulk", "bolt"] = "auto"
    """How to write: through Bolt, or with Neo4j's bulk import, which an empty local Neo4j and a large load let in."""


@dataclass(slots=True)
class Call:
    """The state of one import."""

    options: Options
    sources: list[SourceFiles]
    digests: dict[str, str]
    mapping: Mapping
    extracts: list[Extract] = field(default_factory=list[Extract])
    unchanged: set[str] = field(default_factory=set[str])
    state: graph.GraphState = field(default_factory=graph.GraphState)
    report: Report = field(default_factory=Report)
    supplied: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """(consumer, type of supply) of the campus as it will be."""
