"""Writes the whole campus: plans building by building, each written and forgotten before the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ingest.campus.building import plan_building
from ingest.campus.defects import seed_defects
from ingest.campus.ifc_writer import write_ifc
from ingest.campus.loads import site_load
from ingest.campus.manifest import Defect, Manifest
from ingest.campus.meters import METRIC
from ingest.campus.network import network_feeds, write_network
from ingest.campus.organisation import write_organisation, write_services
from ingest.campus.parameters import Parameters, defaults
from ingest.campus.plan import Asset, Plan
from ingest.campus.scales import SCALES, Scale
from ingest.campus.servers import ServerTables, fleets
from ingest.campus.site import plan_site
from ingest.campus.tables import Counts, Table
from schema.errors import BadInput

Progress = Callable[[str, int, int], None]
MANIFEST: Final = "manifest.json"
_PATH_KINDS: Final = {"ELECTRICAL": "PowerPath", "CHILLEDWATER": "CoolingLoop", "CONDENSERWATER": "CoolingLoop"}
_LINK_COLUMNS: Final = ("source_id", "type", "target_id", "group", "need", "policy", "priority", "portion")


def write(  # noqa: PLR0913 - the one call of the command line
    folder: str | Path,
    scale: str = "block",
    seed: int = 1,
    defects: bool = False,
    progress: Progress | None = None,
    *,
    values: Mapping[str, str] | None = None,
) -> Manifest:
    """Write the reference campus into `folder` and give its manifest, which is written last as manifest.json.

    `values` changes parameters (NAME → text). Files get their names only when all are complete, and those of an earlier
    run are removed first, so that what looks whole is whole. Raises BadInput for an unknown scale or parameter, a
    negative seed, and a folder that cannot be written.
    """
    if scale not in SCALES:
        raise BadInput(f"--scale {scale}: there is no such scale; there are {', '.join(SCALES)}")
    if seed < 0:
        raise BadInput(f"--seed {seed}: expected a whole number from 0")
    parameters = defaults().with_values(values or {})
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        _remove_earlier(target)
        writing = _Writing(target, SCALES[scale], parameters, seed, defects=defects, progress=progress)
        try:
            return writing.run()
        except BaseException:
            writing.abandon()
            raise
    except OSError as error:
        raise BadInput(f"{folder}: cannot write the campus there ({error.strerror or error})") from error


def _remove_earlier(folder: Path) -> None:
    """Remove what an earlier run wrote here, as its manifest lists it, and left-overs of interrupted runs."""
    manifest = folder / MANIFEST
    names: list[str] = []
    if manifest.exists():
        with suppress(ValueError, AttributeError, UnicodeDecodeError):
            document: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
            names = [name for name in document.get("files", {}) if Path(name).name == name]
        manifest.unlink()
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for left in folder.glob("*.part"):
        left.unlink()


class _Writing:
    """One run."""

    def __init__(  # noqa: PLR0913
        self,
        folder: Path,
        scale: Scale,
        parameters: Parameters,
        seed: int,
        *,
        defects: bool,
        progress: Progress | None,
    ) -> None:
        self.folder, self.scale, self.parameters, self.seed = folder, scale, parameters, seed
        self.defects, self._progress = defects, progress
        self.counts = Counts()
        self.found: list[Defect] = []
        self.feeds: dict[int, tuple[str, str]] = {}
        self.first_ups: list[str] = []
        self.servers: ServerTables | None = None
        self.steps = 0

    def progress(self) -> None:
        if self._progress:
            self._progress("reference campus", self.steps, self.scale.buildings + 3)
        self.steps += 1

    def run(self) -> Manifest:
        load = site_load(self.scale, self.parameters)
        site = plan_site(self.scale, self.parameters, load)
        campus = site.assets["CAMPUS"]
        self.counts.assets["Campus"] += 1
        self.servers = ServerTables(self.folder, self.scale, self.parameters, self.seed, self.counts)
        with (
            Table(self.folder / "cables-relationships.csv.part", _LINK_COLUMNS) as cables,
            Table(self.folder / "zones-relationships.csv.part", _LINK_COLUMNS) as zones,
            Table(
                self.folder / "points-relationships.csv.part", ("source_id", "type", "target_id", "metric")
            ) as points,
        ):
            links = {"cables": cables, "zones": zones}
            self.progress()
            self._file(site, campus, links, points)
            for number in range(1, self.scale.buildings + 1):
                self.progress()
                plan = plan_building(self.scale, self.parameters, number, load.blocks)
                if number == 1 and self.defects:
                    self.found = seed_defects(plan, self.scale, fleets(self.scale, self.parameters, self.seed, 1))
                self._file(plan, campus, links, points)
                self.feeds[number] = network_feeds(plan)
                self.first_ups += [u.id for u in plan.of_label("UPS") if u.id.endswith(("-UPS-A", "-UPS-1"))]
                self.servers.write(number)
        self.servers.close(complete=True)
        self.servers = None
        self.progress()
        write_network(self.folder, self.scale, self.parameters, self.feeds, self.counts)
        write_services(self.folder, self.scale, self.parameters, self.seed, self.counts)
        write_organisation(self.folder, self.scale, self.first_ups, self.counts, self.defects)
        self.progress()
        manifest = self._finish()
        self.progress()
        return manifest

    def abandon(self) -> None:
        """Leave nothing that looks whole."""
        if self.servers is not None:
            self.servers.close(complete=False)
        for part in self.folder.glob("*.part"):
            part.unlink(missing_ok=True)

    def _file(self, plan: Plan, campus: Asset, links: Mapping[str, Table], points: Table) -> None:
        """Write a plan: its IFC file, and its rows of the tables that join the files."""
        with (self.folder / f"{plan.name}.ifc.part").open("w", encoding="ascii", newline="\n") as stream:
            write_ifc(stream, plan, self.seed, campus)
        counts = self.counts
        for asset in plan.assets.values():
            if asset.parent:
                counts.contained(asset.label)
            if asset.label in {"Meter", "Sensor"}:
                _point(points, asset, counts)
        for system in plan.systems.values():
            label = _PATH_KINDS.get(system.kind)
            if label:
                counts.assets[label] += 1
                counts.relationships["PART_OF"] += len(system.parts)
        for supply in plan.supplies:
            counts.relationships[supply.type] += 2 if supply.realized_by else 1  # to the cable and from it
            if supply.carrier != "ifc":
                links[supply.carrier].row(
                    supply.source,
                    supply.type,
                    supply.target,
                    supply.group,
                    _cell(supply.need),
                    supply.policy,
                    _cell(supply.priority),
                    _cell(supply.portion),
                )

    def _finish(self) -> Manifest:
        files: dict[str, dict[str, Any]] = {}
        for part in sorted(self.folder.glob("*.part")):
            with part.open("rb") as stream:
                digest = _digest(stream)
            files[part.name.removesuffix(".part")] = {"bytes": part.stat().st_size, "sha256": digest}
        manifest = Manifest(
            self.scale.name,
            self.seed,
            self.found,
            dict(sorted(self.counts.assets.items())),
            dict(sorted(self.counts.relationships.items())),
            files,
            self.parameters.to_list(),
        )
        for name in files:
            (self.folder / f"{name}.part").replace(self.folder / name)
        text = json.dumps(manifest.to_dict(), indent=1, ensure_ascii=False) + "\n"
        part = self.folder / f"{MANIFEST}.part"
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(self.folder / MANIFEST)
        return manifest


def _digest(stream: Any) -> str:
    digest = sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def _cell(value: float | None) -> float | str:
    return "" if value is None else value


def _point(points: Table, asset: Asset, counts: Counts) -> None:
    """What a meter or sensor measures: its own id without the last part names the asset."""
    measured = asset.id.rsplit("-", 1)[0]
    if asset.label == "Sensor":
        points.row(asset.id, "MEASURES", f"{measured}-HALL", "inlet_c")
    else:
        points.row(asset.id, "MEASURES", measured, METRIC[str(asset.properties["quantity"])])
    counts.relationships["MEASURES"] += 1
