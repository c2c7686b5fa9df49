"""Files without ports: which panel feeds an element, by the names that Revit exports carry. All of it is inferred."""

from __future__ import annotations

from ingest.readers.ifc.draft import ROOT_NAME, Draft, Thing
from ingest.readers.ifc.psets import Sets


def relate_panels(draft: Draft, sets: Sets) -> int:
    """Add FEEDS from each panel to what names it, marked inferred; return how many."""
    names = draft.mapping.panels
    panels = _panels(draft, sets)
    count = unknown = 0
    for thing in list(draft.things.values()):
        panel_name = _value(thing.step, sets, names.fed_from)
        if not panel_name:
            continue
        panel = panels.get(panel_name.casefold())
        if panel is None or panel is thing:
            unknown += panel is None
            continue
        draft.relate(panel.record.id, "FEEDS", thing.record.id, thing.record.place, inferred=True)
        count += 1
    left_out = sum(bool(_value(step, sets, names.fed_from)) for step in draft.dropped)
    if count or unknown or left_out:
        message = f"{count} connections inferred from {' / '.join(names.fed_from)}, as the file has no ports"
        if unknown:
            message += f"; {unknown} elements name a panel that is not there"
        if left_out:
            message += f"; {left_out} elements with a panel were left out because no rule gives them a label"
        draft.find("inferred-from-panel", "warning", message)
    return count


def fed(draft: Draft, sets: Sets) -> set[int]:
    """Step ids of what names the panel that feeds it, or is named as a panel: kept whatever its class."""
    names = draft.mapping.panels
    return {step for step in sets.of if _value(step, sets, names.fed_from) or _value(step, sets, names.panel_name[:1])}


def _panels(draft: Draft, sets: Sets) -> dict[str, Thing]:
    """Elements by the names that a panel goes by: what says that it is one, and boards by their own names."""
    names = draft.mapping.panels.panel_name
    found: dict[str, Thing] = {}
    for thing in draft.things.values():
        if name := _value(thing.step, sets, names[:1]):
            found.setdefault(name.casefold(), thing)
    for thing in draft.things.values():
        if thing.label not in ("PDU", "Switchboard", "RackPDU", "Transformer", "UPS"):
            continue
        for name in (_value(thing.step, sets, names), thing.entity.get_argument(ROOT_NAME)):
            if isinstance(name, str) and name.strip():
                found.setdefault(name.strip().casefold(), thing)
    return found


def _value(step: int, sets: Sets, names: tuple[str, ...]) -> str:
    for entry in sets.of.get(step, ()):
        for raw in entry.values:
            if raw.name in names and isinstance(raw.value, str) and raw.value.strip():
                return raw.value.strip()
    return ""
