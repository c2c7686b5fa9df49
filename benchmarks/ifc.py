"""Reading IFC: our bulk passes beside a plain loop over ifcopenshell's `util` helpers, on half a million entities.

Each measurement is a process of its own, because memory counts: `python -m benchmarks.ifc FILE ours|peer`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.clock import Bench, peak_mib

ENTITIES: Final = 500_000
_STEP: Final = re.compile(rb"#(\d+)")


def bench_ifc(home: Path, exports: Path) -> Bench:
    """Time reading of about half a million entities; `exports` holds the campus, whose buildings are put together."""
    bench = Bench("IFC: opened, and assets, sets, ports, systems and places extracted")
    buildings = sorted(exports.glob("B*.ifc"))
    for what, files in (("one building and geometry", buildings[:1]), ("all buildings", buildings)):
        model = home / "bench-half-million.ifc"
        entities = join(files, model, ENTITIES)
        ours = [_measured(model, "ours") for _ in range(3)]
        peer = _measured(model, "peer")
        bench.add(
            f"{what}: {entities:,} entities, {ours[0]['assets']:,} assets",
            median(run["seconds"] for run in ours),
            target_s=4.0,
            peer="util loop, sets and ports alone",
            peer_s=peer["seconds"],
        )
        memory = f"{max(run['mib'] for run in ours):,.0f} MiB, the peer {peer['mib']:,.0f} MiB"
        bench.note("  peak memory", memory, "≤ 400 MiB")
    return bench


def join(files: list[Path], to: Path, entities: int) -> int:
    """Put models one behind the other into one file, until it has so many entities; return how many it has.

    What is missing at the end is made up with points, which are most of what is in the files that designers export.
    """
    count = offset = 0
    with to.open("wb") as out:
        for number, file in enumerate(files):
            head, _, rest = file.read_bytes().partition(b"DATA;")
            data, _, _ = rest.rpartition(b"ENDSEC;")
            if not number:
                out.write(head + b"DATA;")
            largest = max(int(step) for step in re.findall(rb"^#(\d+)\s*=", data, re.MULTILINE))
            shift = offset
            out.write(_STEP.sub(lambda found, by=shift: b"#%d" % (int(found[1]) + by), data) if shift else data)
            offset += largest
            count += len(re.findall(rb"^#\d+\s*=", data, re.MULTILINE))
            if count >= entities:
                break
        for number in range(count, entities):
            offset += 1
            out.write(b"\n#%d=IFCCARTESIANPOINT((%d.5,%d.25,0.));" % (offset, number % 977, number % 331))
        out.write(b"\nENDSEC;\nEND-ISO-10303-21;\n")
    return max(count, entities)


def _measured(model: Path, how: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ifc", str(model), how]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _ours(model: Path) -> int:
    from ingest.readers import ifc  # noqa: PLC0415 - a process reads with one of the two

    return len(ifc.read(model, "bench").assets)


def _peer(model: Path) -> int:
    """What people write first: each element, its sets, its ports, and what they are connected to."""
    import ifcopenshell  # noqa: PLC0415
    import ifcopenshell.util.element  # noqa: PLC0415
    import ifcopenshell.util.system  # noqa: PLC0415

    file: Any = ifcopenshell.open(str(model))  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    element, system = ifcopenshell.util.element, ifcopenshell.util.system
    count = 0
    for thing in file.by_type("IfcElement"):
        element.get_psets(thing)
        element.get_container(thing)
        for port in system.get_ports(thing):
            system.get_connected_port(port)
        count += 1
    return count


if __name__ == "__main__":
    import gc
    from importlib import import_module

    import_module("ifcopenshell")  # no part of reading
    gc.disable()  # as the import of files does
    began = time.perf_counter()
    found = (_ours if sys.argv[2] == "ours" else _peer)(Path(sys.argv[1]))
    print(json.dumps({"seconds": time.perf_counter() - began, "mib": peak_mib(), "assets": found}))
