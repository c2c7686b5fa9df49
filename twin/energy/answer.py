"""PUE, WUE, and where the power goes, for the campus, its buildings and its modules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from twin.energy.it_load import it_load
from twin.energy.network import Network
from twin.energy.readings import Readings
from twin.energy.region import Boundaries, campus_inflow
from twin.frames import Columns, Row, Tabular
from twin.live.history.spans import iso
from twin.topology.distinct import distinct
from twin.topology.model import SUPPLIES, Bools, Ints, Topology

YEAR_S: Final = 365 * 86_400.0
INTERIM: Final = "interim"
"""ISO/IEC 30134-2 asks for twelve months; what covers less is interim (iPUE)."""


@dataclass(frozen=True)
class Share:
    """The power of the campus or of a space, kW; None where meters are missing."""

    total_kw: float | None
    it_kw: float | None
    cooling_kw: float | None
    category: str | None

    @property
    def pue(self) -> float | None:
        """Total over IT; of a space the partial PUE (pPUE)."""
        if self.total_kw is None or self.it_kw is None or self.it_kw <= 0.0:
            return None
        return self.total_kw / self.it_kw

    @property
    def losses_kw(self) -> float | None:
        """What is neither IT nor cooling: losses of the power train, controllers, lighting."""
        if self.total_kw is None or self.it_kw is None or self.cooling_kw is None:
            return None
        return self.total_kw - self.it_kw - self.cooling_kw

    def to_dict(self) -> dict[str, Any]:
        """As it stands in `by_building` and `by_module`."""
        return {
            "pue": _rounded(self.pue, 4),
            "category": self.category if self.pue is not None else None,
            "it_kw": _rounded(self.it_kw),
            "total_kw": _rounded(self.total_kw),
            "cooling_kw": _rounded(self.cooling_kw),
            "losses_kw": _rounded(self.losses_kw),
        }


@dataclass(frozen=True, repr=False)
class Energy(Tabular):
    """The answer of `twin energy`; powers are those of now, or means over a window of history."""

    since_s: float | None
    until_s: float | None
    campus: Share
    wue: float | None
    by_building: dict[str, Share]
    by_module: dict[str, Share]
    missing: list[str] = field(default_factory=list[str])
    """Ids without whose readings the PUE, the WUE or the cooling of the campus cannot be told."""
    bad: dict[Path, str] = field(default_factory=dict[Path, str])
    """Files of history that could not be read, with the reason."""

    @property
    def interim(self) -> bool:
        """Whether less than a year is covered."""
        return self.since_s is None or self.until_s is None or self.until_s - self.since_s < YEAR_S

    @property
    def category(self) -> str | None:
        """PUE1, PUE2 or PUE3, with `interim` where less than a year is covered; None without a PUE."""
        if self.campus.pue is None or self.campus.category is None:
            return None
        return f"{self.campus.category} {INTERIM}" if self.interim else self.campus.category

    COLUMNS: ClassVar[Columns] = {
        "space": str,
        "id": str,
        "pue": float,
        "category": str,
        "it_kw": float,
        "total_kw": float,
        "cooling_kw": float,
        "losses_kw": float,
    }

    @property
    def headline(self) -> str:
        """PUE, WUE, and what is missing for them."""
        pue = "not known" if self.campus.pue is None else f"{self.campus.pue:.3f} ({self.category})"
        wue = "not known" if self.wue is None else f"{self.wue:.3f} l/kWh"
        text = f"PUE {pue}, WUE {wue}"
        return f"{text}; {len(self.missing):,} meters are missing" if self.missing else text

    def table(self, most: int | None = None) -> list[Row]:
        """The campus, then its buildings, then its modules."""
        rows: list[Row] = [{"space": "campus", "id": None, **self.campus.to_dict()}]
        for space, shares in (("building", self.by_building), ("module", self.by_module)):
            rows += [{"space": space, "id": id_, **share.to_dict()} for id_, share in sorted(shares.items())]
        return rows[:most]

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin energy --json`."""
        question: dict[str, Any] = {"failed": [], "out": [], "basis": "power now" if self.since_s is None else "energy"}
        if self.since_s is not None and self.until_s is not None:
            question |= {"since": iso(self.since_s), "until": iso(self.until_s)}
        return {
            "question": question,
            "pue": _rounded(self.campus.pue, 4),
            "category": self.category,
            "wue": _rounded(self.wue, 4),
            "it_kw": _rounded(self.campus.it_kw),
            "total_kw": _rounded(self.campus.total_kw),
            "by_building": {name: share.to_dict() for name, share in sorted(self.by_building.items())},
            "by_module": {name: share.to_dict() for name, share in sorted(self.by_module.items())},
            "missing_meters": self.missing,
        }


def energy(topology: Topology, up: Bools, readings: Readings) -> Energy:
    """PUE, WUE and powers from readings, in the settled state in which `up` (n) are up."""
    network = Network(topology, up)
    power_kw = readings.power_kw
    load = it_load(network, power_kw)
    inflow = campus_inflow(network, power_kw)
    missing = {*load.missing.tolist(), *inflow.missing}
    machines = np.flatnonzero(network.is_cooling & network.draws & network.up).astype(np.int32)
    campus = Share(
        inflow.kw,
        float(load.kw.sum()) if load.complete else None,
        _cooling_kw(readings, machines, missing),
        load.category,
    )
    wue, dry = _wue(topology, readings, campus.it_kw)
    missing.update(dry)
    spaces = {"Building": topology.building, "Module": topology.module}
    shares: dict[str, dict[str, Share]] = {}
    for label, of in spaces.items():
        boundaries, loads = Boundaries(network, power_kw, of), load.by_space(of)
        shares[label] = {}
        for space in distinct(of[network.is_it & (of >= 0)]).tolist():
            it_kw, category = loads.get(space, (None, None))
            cooling_kw = _cooling_kw(readings, machines[of[machines] == space], set())
            shares[label][topology.ids[space]] = Share(boundaries.inflow(space), it_kw, cooling_kw, category)
    ids = topology.ids.texts(np.array(sorted(missing), np.int32)) if missing else []
    return Energy(
        readings.since_s, readings.until_s, campus, wue, shares["Building"], shares["Module"], ids, readings.bad
    )


def _cooling_kw(readings: Readings, machines: Ints, missing: set[int]) -> float | None:
    """What these chillers, towers, coolers, pumps … draw; who is not measured is added to `missing`."""
    unknown = machines[np.isnan(readings.power_kw[machines])].tolist()
    missing.update(unknown)
    return None if unknown else float(readings.power_kw[machines].sum())


def _wue(topology: Topology, readings: Readings, it_kw: float | None) -> tuple[float | None, list[int]]:
    """Litres of water a kWh of IT, and the connections to the water main that are not measured."""
    mains = _water_mains(topology)
    unknown = [int(main) for main in mains if np.isnan(readings.water_m3_per_h[main])]
    if unknown or not len(mains) or not it_kw or it_kw <= 0.0:
        return None, unknown
    return float(readings.water_m3_per_h[mains].sum()) * 1000.0 / it_kw, []


def _water_mains(topology: Topology) -> Ints:
    """Where water comes in: connections to the main that nothing on the campus supplies."""
    code = [number for number, label in enumerate(topology.labels) if label == "WaterSupply"]
    mains = np.isin(topology.label, code)
    mains[topology.group_owner[topology.group_type == SUPPLIES]] = False
    return np.flatnonzero(mains).astype(np.int32)


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def shares_by_size(shares: dict[str, Share]) -> Iterable[tuple[str, Share]]:
    """Spaces, those with most power first."""
    return sorted(shares.items(), key=lambda item: (-(item[1].total_kw or item[1].it_kw or 0.0), item[0]))
