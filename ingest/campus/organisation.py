"""Services and their replicas, tenants, and common causes, as the operations side keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from ingest.campus.network import fibre_routes
from ingest.campus.parameters import Parameters
from ingest.campus.scales import Scale
from ingest.campus.servers import Fleet, fleets, server_id
from ingest.campus.tables import Counts, Table

WORKLOADS: Final = ("AI", "cloud", "IoT", "video", "messaging")
_NAMES: Final = {
    "AI": "Model serving",
    "cloud": "Cloud host group",
    "IoT": "Device gateway",
    "video": "Video transcoding",
    "messaging": "Message store",
}


def write_services(folder: Path, scale: Scale, parameters: Parameters, seed: int, counts: Counts) -> None:
    """Write services-assets.csv and services-relationships.csv: each service with need replicas of those it has."""
    everything = [f for building in range(1, scale.buildings + 1) for f in fleets(scale, parameters, seed, building)]
    generator = np.random.default_rng([seed, 3])
    most = min(40, max(4, scale.servers // scale.services // 4))
    with (
        Table(folder / "services-assets.csv.part", ("id", "label", "name", "workload", "replicas")) as assets,
        Table(
            folder / "services-relationships.csv.part", ("source_id", "type", "target_id", "group", "need")
        ) as relationships,
    ):
        for number in range(1, scale.services + 1):
            replicas = int(generator.integers(3, most + 1))
            need = replicas - max(1, replicas // 4)
            workload = WORKLOADS[(number - 1) % len(WORKLOADS)]
            service = f"SVC-{number:04d}"
            servers = _replicas(everything, generator, number, replicas)
            assets.row(service, "Service", f"{_NAMES[workload]} {number}", workload, len(servers))
            for server in servers:
                relationships.row(server, "HOSTS", service, "", need)
            counts.assets["Service"] += 1
            counts.relationships["HOSTS"] += len(servers)


def _replicas(everything: list[Fleet], generator: np.random.Generator, number: int, replicas: int) -> list[str]:
    """Distinct dual-corded servers, spread over the modules in turn."""
    chosen: list[str] = []
    taken: set[str] = set()
    turn = number * 7
    while len(chosen) < replicas:
        fleet = everything[turn % len(everything)]
        turn += 1
        running = int(generator.integers(0, fleet.count))
        if running in fleet.single_corded:
            continue
        server = _server_at(fleet, running)
        if server not in taken:
            taken.add(server)
            chosen.append(server)
    return chosen


def _server_at(fleet: Fleet, running: int) -> str:
    """Id of the server with this running number (from 0) in its module; the fuller cabinets come first."""
    high, low = fleet.per_cabinet[0], fleet.per_cabinet[-1]
    fuller = fleet.per_cabinet.count(high) if high != low else len(fleet.per_cabinet)
    if running < fuller * high:
        cabinet, position = divmod(running, high)
    else:
        cabinet, position = divmod(running - fuller * high, low)
        cabinet += fuller
    return server_id(fleet.module, cabinet + 1, position + 1)


def write_organisation(folder: Path, scale: Scale, ups: list[str], counts: Counts, shared_trench: bool) -> None:
    """Write organisation-assets.csv and organisation-relationships.csv: tenants and common causes."""
    with (
        Table(folder / "organisation-assets.csv.part", ("id", "label", "name", "cause", "contract")) as assets,
        Table(folder / "organisation-relationships.csv.part", ("source_id", "type", "target_id")) as relationships,
    ):
        for number in range(1, scale.tenants + 1):
            tenant = f"TEN-{number:02d}"
            assets.row(tenant, "Tenant", f"Tenant {number}", "", f"GBA-{2024 + number % 3}-{number:03d}")
            services = [f"SVC-{n:04d}" for n in range(number, scale.services + 1, scale.tenants)]
            module = number - 1
            building, place = divmod(module % scale.modules, scale.modules_per_building)
            cabinets = [
                f"B{building + 1}-M{place + 1:02d}-C{cabinet:03d}"
                for cabinet in range(1, scale.cabinets_per_module + 1)
            ]
            for owned in (*services, *cabinets):
                relationships.row(tenant, "OWNS", owned)
            counts.assets["Tenant"] += 1
            counts.relationships["OWNS"] += len(services) + len(cabinets)
        for cause, name, kind, affected in _causes(ups, shared_trench=shared_trench):
            assets.row(cause, "CommonCause", name, kind, "")
            for asset in affected:
                relationships.row(cause, "AFFECTS", asset)
            counts.assets["CommonCause"] += 1
            counts.relationships["AFFECTS"] += len(affected)


def _causes(ups: list[str], *, shared_trench: bool) -> list[tuple[str, str, str, list[str]]]:
    west, east = fibre_routes("W"), fibre_routes("E")
    causes = [
        ("CC-FLOOD", "Flood zone in the south of the site", "flood", ["GEN", "WAT-1"]),
        ("CC-FIRMWARE-UPS", "Firmware batch of the first UPS of each train", "firmware", ups),
        ("CC-DUCT-W", "Works on the west fibre duct", "works", west),
        ("CC-DUCT-E", "Works on the east fibre duct", "works", east),
        ("CC-TRENCH", "Shared cable trench from the substation to building 1", "works", ["CBL-B1-A", "RING-C-1"]),
    ]
    if shared_trench:
        causes.append(("CC-BRIDGE", "Bridge that carries both fibre ducts", "works", [*west, *east]))
    return causes
