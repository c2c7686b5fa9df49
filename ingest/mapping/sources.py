"""Rules for what is no IFC: components and systems of COBie, objects of NetBox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ingest.mapping.entries import Entry, LabelName, LabelNames, LabelRule, Patterns, SupplyName, fits

NetboxKind = Literal["region", "site", "location", "rack", "device", "power-panel", "power-feed", "circuit"]


class ComponentRule(LabelRule):
    """Which label a COBie component gets; what is empty fits all. `ifc_class`: of its type or itself (ExtObject)."""

    ifc_class: Patterns = Field(default=(), alias="class")
    category: Patterns = ()
    type: Patterns = ()
    name: Patterns = ()

    def fits(self, ifc_class: str, category: str, kind: str, name: str) -> bool:
        """Whether the rule fits a component."""
        return (
            fits(ifc_class, self.ifc_class)
            and fits(category, self.category)
            and fits(kind, self.type)
            and fits(name, self.name)
        )


class SystemRule(Entry):
    """What a COBie system carries, and whether it is a path or loop (`path` empty: neither)."""

    category: Patterns = ()
    name: Patterns = ()
    path: LabelName = ""
    supply: SupplyName

    def fits(self, category: str, name: str) -> bool:
        """Whether the rule fits a system."""
        return fits(category, self.category) and fits(name, self.name)


class ZoneRule(LabelRule):
    """What a COBie zone becomes; a CommonCause AFFECTS the rooms of the zone."""

    label: LabelName = "CommonCause"
    category: Patterns = ()
    name: Patterns = ()

    def fits(self, category: str, name: str) -> bool:
        """Whether the rule fits a zone."""
        return fits(category, self.category) and fits(name, self.name)


class NetboxRule(LabelRule):
    """Which label a NetBox object gets.

    `role` is a device's role, or the type of a location or power panel (Nautobot); `type` a device's model, or the type
    of a circuit.
    """

    kind: NetboxKind
    role: Patterns = ()
    type: Patterns = ()
    name: Patterns = ()

    def fits(self, role: str, kind: str, name: str) -> bool:
        """Whether the rule fits an object of the right kind."""
        return fits(role, self.role) and fits(kind, self.type) and fits(name, self.name)


class Netbox(Entry):
    """How NetBox is read.

    `tiers` are patterns of roles from the network's border down; what is in none, and no network label, is below all of
    them. `uplink` are names or labels of interfaces that lead upwards. `skip_status` are states that are no plant
    yet or any more. `power_factor` gives kW from the volt-amperes of a feed, which NetBox does not.
    """

    tiers: tuple[Patterns, ...] = ()
    uplink: Patterns = ()
    skip_status: Patterns = ()
    power_factor: float | None = Field(default=None, gt=0, le=1)


class SideRule(Entry):
    """Which redundant side a name tells, for labels that have one."""

    name: Patterns = Field(min_length=1)
    labels: LabelNames = ()
    side: str = Field(min_length=1)


class NeedRule(Entry):
    """What the suppliers of one type mean to a consumer: which group they form, and how many of them it needs.

    `need` is a number; `spare` counts from the other end: all but so many.
    """

    type: SupplyName
    consumer: LabelNames = ()
    consumer_name: Patterns = ()
    supplier: LabelNames = ()
    supplier_name: Patterns = ()
    group: str = ""
    need: int | None = Field(default=None, ge=1)
    spare: int | None = Field(default=None, ge=0)
    policy: Literal["", "share", "transfer"] = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> NeedRule:
        if self.need is not None and self.spare is not None:
            raise ValueError("has need and spare; one of them says it all")
        if self.policy == "transfer" and (self.spare is not None or self.need not in (None, 1)):
            raise ValueError("policy transfer needs 1")
        return self


class Matching(Entry):
    """How assets of several sources are taken for the same: the confidence of each key, and the least that merges."""

    global_id: float = Field(default=1.0, ge=0, le=1)
    tag: float = Field(default=0.9, ge=0, le=1)
    serial: float = Field(default=0.8, ge=0, le=1)
    name_and_place: float = Field(default=0.7, ge=0, le=1)
    name: float = Field(default=0.5, ge=0, le=1)
    least: float = Field(default=0.7, ge=0, le=1)


class Precedence(Entry):
    """Whose word counts for these properties: the first of these sources (patterns) that says anything."""

    property: Patterns = Field(min_length=1)
    sources: Patterns = Field(min_length=1)
    labels: LabelNames = ()
