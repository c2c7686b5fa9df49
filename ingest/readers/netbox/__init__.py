"""NetBox and Nautobot: REST answers as JSON, or CSV exports, to spaces, racks, devices, power and network.

Power chains become FEEDS between panel, feed, PDU and device; cables of the network and circuits become CONNECTS where
roles or uplinks tell the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.mapping.model import Mapping
from ingest.needs import infer_needs
from ingest.paths import trace_paths
from ingest.readers.netbox.assets import add_assets, tell_ratings
from ingest.readers.netbox.cables import Patches, read_links
from ingest.readers.netbox.circuits import relate_circuits
from ingest.readers.netbox.draft import Draft
from ingest.readers.netbox.dump import read_dump
from ingest.readers.netbox.network import relate_network
from ingest.readers.netbox.power import relate_power
from ingest.records import Extract, Progress
from ingest.redundancy import apply_rules

__all__ = ["read"]

_NOT_NEEDED = (
    "virtual-chassis",
    "console-ports",
    "console-server-ports",
    "device-bays",
    "module-bays",
    "inventory-items",
)


def read(paths: Sequence[Path], source: str, mapping: Mapping, progress: Progress | None = None) -> Extract:
    """Read one export.

    Raises BadInput where a file cannot be read at all, or holds nothing that NetBox lists.
    """
    extract = Extract(source, "netbox", tuple(map(str, paths)))

    def tell(what: str) -> None:
        if progress:
            progress(f"read {source}: {what}", 0, 0)

    tell("open")
    dump = read_dump(paths, extract)
    dump.dereference()
    draft = Draft(dump, mapping, extract)
    tell("cables")
    links = read_links(dump)  # before the assets: a cable may name a circuit whose list is not there
    tell("assets")
    add_assets(draft)
    tell_ratings(draft)
    relate_power(draft, links)
    patched = Patches(dump, links)
    relate_network(draft, patched)
    relate_circuits(draft, patched)
    dump.tell()
    passed = ", ".join(f"{len(dump[name])} of {name}" for name in _NOT_NEEDED if dump[name])
    if passed:
        dump.find("list-left-out", "info", f"objects that the graph has no place for: {passed}")
    if not extract.assets:
        dump.find("nothing", "warning", "holds nothing that became an asset")
    apply_rules(extract, mapping)
    infer_needs(extract, draft.membership)
    trace_paths(extract)
    return extract
