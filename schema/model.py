"""What a declaration consists of: properties, labels, relationship types."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["text", "integer", "number", "boolean", "time"]
Domain = Literal["space", "power", "cooling", "fluid", "control", "compute", "network", "organisation", "path"]


class Declaration(BaseModel):
    """Base of all declarations: immutable, and unknown arguments are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Property(Declaration):
    """One property of a node or relationship.

    `minimum` and `maximum` are inclusive; `above` is an exclusive lower bound. `unit` is the SI or customary unit that
    the name ends in (`_kw`, `_s`, `_m` …), empty for what has none.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False
    indexed: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()


class Label(Declaration):
    """One kind of asset.

    `properties` are those of its own; `schema.properties_of` adds what every asset has. `expects` are the supply types
    whose absence is counted as unknown (docs/semantics.md, section 8). `ifc` names IFC4.3 classes, with a predefined
    type after a dot; `brick` the class of the Brick ontology, empty where Brick has none.
    """

    name: str = Field(pattern=r"^[A-Z][A-Za-z]+$")
    description: str
    domain: Domain
    properties: tuple[Property, ...] = ()
    load: bool = False
    expects: tuple[str, ...] = ()
    ifc: tuple[str, ...] = ()
    brick: str = ""


class Ends(Declaration):
    """From any of these labels to any of those."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]


class RelationshipType(Declaration):
    """One type of relationship, with the ends that are expected of it.

    Ends that are not expected are a warning of the ingest, never a refusal.
    """

    name: str = Field(pattern=r"^[A-Z][A-Z_]+$")
    description: str
    supply: bool = False
    properties: tuple[Property, ...] = ()
    ends: tuple[Ends, ...]

    def expects_ends(self, source: str, target: str) -> bool:
        """Whether a relationship of this type from label `source` to label `target` is expected."""
        return any(source in ends.sources and target in ends.targets for ends in self.ends)
