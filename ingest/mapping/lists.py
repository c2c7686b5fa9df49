"""Rules for lists with columns of their own: which column of an asset register, or of a DCIM's export, means what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ingest.mapping.entries import Entry, LabelName, Patterns, SupplyName
from ingest.quantities import scale_of
from schema.labels import LABELS, properties_of


class PlaceColumn(Entry):
    """A column that names a place; each place of the rule stands in the one before it."""

    column: str = Field(min_length=1)
    label: LabelName = Field(min_length=1)


class SupplyColumn(Entry):
    """A column that names, by id or name, what supplies the row's asset (`direction` "to": what it supplies).

    All columns of one entry are one group, of which `need` suppliers are needed.
    """

    type: SupplyName
    column: Patterns = Field(min_length=1)
    direction: Literal["from", "to"] = "from"
    separator: str = ""
    group: str = ""
    need: int | None = Field(default=None, ge=1)
    policy: Literal["", "share", "transfer"] = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> SupplyColumn:
        if self.policy == "transfer" and self.need not in (None, 1):
            raise ValueError("policy transfer needs 1")
        return self


class ListRule(Entry):
    """What the columns of a list mean; the first rule whose `file` (without suffix) and `sheet` fit reads it.

    The label is `label`, or what `labels` makes of a word in the column `type` (patterns → labels, the first that
    fits; a label "" leaves the row out on purpose). `columns` are our properties → their columns; a unit stands behind
    the column's name ("Load [W]"), in the cell ("12 kW") or in `units`. `decimal` is the sign before decimals, where
    numbers leave open which it is (4,000).
    """

    file: Patterns = Field(min_length=1)
    sheet: Patterns = ()
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal["", ".", ","] = ""
    header_row: int = Field(default=1, ge=1)
    id: str = Field(min_length=1)
    label: LabelName = ""
    type: str = ""
    labels: dict[str, LabelName] = Field(default_factory=dict)
    parent: str = ""
    place: tuple[PlaceColumn, ...] = ()
    columns: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    supply: tuple[SupplyColumn, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> ListRule:
        if bool(self.label) == bool(self.type):
            raise ValueError("needs label, or type (a column) with labels; one of them")
        if bool(self.type) != bool(self.labels):
            raise ValueError("type and labels belong together")
        if self.parent and self.place:
            raise ValueError("has parent and place; one of them says it all")
        labels = (self.label,) if self.label else tuple(filter(None, self.labels.values()))
        for name in (*self.columns, *self.units):
            if not any(name in properties_of(label) for label in labels or LABELS):
                raise ValueError(f"columns: {' and '.join(labels)} has no property {name!r}")
        for name, unit in self.units.items():
            if scale_of(unit) is None:
                raise ValueError(f"units.{name}: {unit!r} is no unit that the ingest knows")
        return self

    @property
    def used(self) -> list[str]:
        """All columns that the rule names."""
        supply = (column for entry in self.supply for column in entry.column)
        places = (entry.column for entry in self.place)
        return [name for name in (self.id, self.type, self.parent, *places, *self.columns.values(), *supply) if name]
