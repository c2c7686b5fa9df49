"""A made-up campus with places, for the pictures' tests: small, and at any size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from twin.impact.impact import impact
from twin.impact.question import Question
from twin.impact.settle import settle_base
from twin.topology import from_records
from twin.topology.columns import asset_columns, relationship_columns
from twin.topology.model import Topology
from viz.model import model
from viz.stage import Stage
from viz.verdict import Verdict, of_answer


@dataclass
class Places:
    """What twin.topology.Placement holds."""

    x_m: np.ndarray
    y_m: np.ndarray
    z_m: np.ndarray
    length_m: np.ndarray
    width_m: np.ndarray
    height_m: np.ndarray
    rotation_deg: np.ndarray
    schematic: np.ndarray


@dataclass
class Records:
    """Assets and relationships in the making."""

    assets: list[dict[str, Any]] = field(default_factory=list)
    relationships: list[dict[str, Any]] = field(default_factory=list)

    def add(  # noqa: PLR0917
        self, id_: str, label: str, parent: str | None, x=None, y=None, z=0.0, size=None, **more: Any
    ) -> str:
        record = {"id": id_, "label": label, "name": id_, **more}
        if x is not None:
            record |= {"x_m": x, "y_m": y, "z_m": z, "length_m": size[0], "width_m": size[1], "height_m": size[2]}
            record |= {"rotation_deg": 0.0}
        self.assets.append(record)
        if parent:
            self.relationships.append({"source_id": parent, "type": "CONTAINS", "target_id": id_})
        return id_

    def supply(self, source: str, type_: str, target: str, need: int = 1, group: str = "") -> None:
        self.relationships.append(
            {"source_id": source, "type": type_, "target_id": target, "need": need, "group": group}
        )


def module(  # noqa: PLR0917
    r: Records, building: str, name: str, x: float, y: float, z: float, rows: int, per_row: int, servers: int
):
    """One IT module with its power room in the west and cabinets in rows to the east of it."""
    length, width = 9.0 + per_row * 0.6 + 3.0, rows * 2.6 + 2.0
    r.add(name, "Module", building, x + length / 2, y + width / 2, z, (length, width, 4.2), kind="IT")
    west, south = x, y
    for i, side in enumerate("AB"):
        lane = south + 2.0 + i * (width - 4.0)
        board = r.add(f"{name}-MSB-{side}", "Switchboard", name, west + 1.6, lane, z, (1.0, 2.4, 2.1))
        ups = r.add(f"{name}-UPS-{side}", "UPS", name, west + 4.2, lane, z, (1.2, 2.0, 2.0), rated_kw=800.0)
        r.supply(f"{building}-MV-{side}", "FEEDS", board)
        r.supply(board, "FEEDS", ups)
    for i in range(3):
        cdu = r.add(
            f"{name}-CDU-{i + 1}", "CDU", name, west + 7.0, south + 2.0 + i * (width - 4) / 2, z, (1.0, 1.0, 2.0)
        )
        for side in "AB":
            r.supply(f"{name}-MSB-{side}", "FEEDS", cdu)
        r.supply(f"{building}-HDR", "COOLS", cdu)
    for row in range(rows):
        ry = south + 1.8 + row * 2.6
        for side in "AB":
            bus = r.add(
                f"{name}-R{row + 1}-BW-{side}", "Busway", name, west + 9 + per_row * 0.3,
                ry + (0.3 if side == "A" else -0.3), z + 2.7, (per_row * 0.6, 0.2, 0.2),
            )  # fmt: skip
            r.supply(f"{name}-UPS-{side}", "FEEDS", bus)
        for column in range(per_row):
            cabinet = f"{name}-R{row + 1}-C{column + 1:02d}"
            r.add(cabinet, "Cabinet", name, west + 9.3 + column * 0.6, ry, z, (0.58, 1.2, 2.2))
            for i in range(3):
                r.supply(f"{name}-CDU-{i + 1}", "COOLS", cabinet, 2)
            for side in "AB":
                r.add(f"{cabinet}-PDU-{side}", "RackPDU", cabinet)
                r.supply(f"{name}-R{row + 1}-BW-{side}", "FEEDS", f"{cabinet}-PDU-{side}")
            for k in range(servers):
                server = r.add(f"{cabinet}-S{k + 1:02d}", "Server", cabinet, draw_kw=0.4)
                # One server in ninety has a single cord.
                for side in "A" if (column * 7 + k) % 90 == 0 else "AB":
                    r.supply(f"{cabinet}-PDU-{side}", "FEEDS", server)
    return length, width


def compose(buildings: int = 2, modules: int = 4, rows: int = 4, per_row: int = 10, servers: int = 6) -> Records:
    """A campus of `buildings` × `modules` × `rows` × `per_row` cabinets."""
    r = Records()
    r.add("CAMPUS", "Campus", None)
    length, width = 12.0 + per_row * 0.6, rows * 2.6 + 2.0
    across = max(1, math.ceil(math.sqrt(modules / 2)))
    deep = math.ceil(modules / across)
    blocks = max(1, math.ceil(math.sqrt(buildings)))
    wide, long = across * (length + 2) + 4, deep * (width + 2) + 4
    for i, side in enumerate("AB"):
        r.add(f"UTIL-{side}", "UtilityFeed", "CAMPUS", -30.0, 10.0 + 25 * i, 0.0, (3, 3, 4))
        r.add(f"SUB-{side}", "Substation", "CAMPUS", -20.0, 10.0 + 25 * i, 0.0, (8, 6, 4))
        r.supply(f"UTIL-{side}", "FEEDS", f"SUB-{side}")
    for b in range(buildings):
        name = f"B{b + 1}"
        bx, by = (b % blocks) * (wide + 30), (b // blocks) * (long + 24)
        r.add(name, "Building", "CAMPUS", bx + wide / 2, by + long / 2, 0.0, (wide, long, 7.0))
        for i, side in enumerate("AB"):
            r.add(f"{name}-TX-{side}", "Transformer", name, bx - 6, by + 6 + i * 8, 0.0, (2.4, 1.8, 2.4))
            r.add(f"{name}-MV-{side}", "Switchboard", name, bx - 2, by + 6 + i * 8, 0.0, (1.2, 3.0, 2.3))
            r.supply(f"SUB-{side}", "FEEDS", f"{name}-TX-{side}")
            r.supply(f"{name}-TX-{side}", "FEEDS", f"{name}-MV-{side}")
        r.add(f"{name}-HDR", "Pump", name, bx + 6, by - 3, 0.0, (2.5, 1.2, 1.2))
        for side in "AB":
            r.supply(f"{name}-MV-{side}", "FEEDS", f"{name}-HDR")
        for i in range(5):
            chiller = r.add(f"{name}-CH-{i + 1}", "Chiller", name, bx + 12 + i * 6, by - 4, 0.0, (4.5, 2.2, 2.4))
            for side in "AB":
                r.supply(f"{name}-MV-{side}", "FEEDS", chiller)
            r.supply(chiller, "COOLS", f"{name}-HDR", 4)
        for m in range(modules):
            x, y = bx + 2 + (m % across) * (length + 2), by + 2 + (m // across) * (width + 2)
            module(r, name, f"{name}-M{m + 1:02d}", x, y, 0.1, rows, per_row, servers)
    return r


def places_of(records: Records, topology: Topology) -> Places:
    """Placement by asset index."""
    values = {name: np.full(len(topology), np.nan, np.float32) for name in Places.__dataclass_fields__}
    at = {id_: i for i, id_ in enumerate(topology.ids)}
    for record in records.assets:
        if "x_m" in record:
            for name in list(values)[:-1]:
                values[name][at[record["id"]]] = record[name]
    values["schematic"] = np.zeros(len(topology), np.bool_)
    return Places(**values)


@dataclass
class Made:
    topology: Topology
    placement: Places


def made(**sizes: int) -> Made:
    records = compose(**sizes)
    topology = from_records(records.assets, records.relationships)
    return Made(topology, places_of(records, topology))


@pytest.fixture(scope="session")
def campus() -> Made:
    """Two buildings, eight modules, 320 cabinets, 1,920 servers."""
    return made()


@pytest.fixture(scope="session")
def hall() -> Made:
    """One building with one module of ten cabinets, which is drawn whole whatever is asked."""
    return made(buildings=1, modules=1, rows=2, per_row=5, servers=4)


@pytest.fixture
def stage(campus: Made) -> Stage:
    """The view of one person on the made-up campus."""
    topology = campus.topology

    def ask(failed: Sequence[str], out: Sequence[str]) -> Verdict:
        chosen = [tuple(sorted(topology.ids.index(one) for one in some)) for some in (failed, out)]
        return of_answer(impact(Question(failed=chosen[0], out=chosen[1]), settle_base(topology, chosen[1])))

    return Stage(model(topology, campus.placement), None, ask)


@pytest.fixture(scope="session")
def unplaced() -> Topology:
    """A campus from tables, without any coordinates."""
    r = Records()
    r.add("HALL", "Building", None)
    r.add("ROOM", "Module", "HALL", kind="IT")
    for side in "AB":
        r.add(f"UTIL-{side}", "UtilityFeed", None)
        r.add(f"TX-{side}", "Transformer", "HALL")
        r.add(f"UPS-{side}", "UPS", "HALL")
        r.add(f"PDU-{side}", "PDU", "ROOM")
        for source, target in (
            (f"UTIL-{side}", f"TX-{side}"),
            (f"TX-{side}", f"UPS-{side}"),
            (f"UPS-{side}", f"PDU-{side}"),
        ):
            r.supply(source, "FEEDS", target)
    r.add("CH-1", "Chiller", "HALL")
    r.supply("TX-A", "FEEDS", "CH-1")
    for c in range(6):
        cabinet = r.add(f"CAB-{c + 1}", "Cabinet", "ROOM")
        r.supply("CH-1", "COOLS", cabinet)
        for k in range(4):
            server = r.add(f"SRV-{c + 1}{k + 1}", "Server", cabinet)
            for side in "A" if k == 3 else "AB":
                r.supply(f"PDU-{side}", "FEEDS", server)
    return from_records(r.assets, r.relationships)


def columns(records: Records) -> Iterator[Any]:
    """Columns of the records, for builds by column."""
    assets = asset_columns(records.assets)
    yield assets
    yield relationship_columns(assets, records.relationships)
