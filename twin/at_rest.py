"""The state with nothing out, kept beside the snapshot: who is up, the loads, and the order in which load is added up.

All of it follows from the topology; a one-off question is spared the fraction of a second that it takes to work out.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np

from twin.impact import follow, load, load_plan
from twin.impact.net import net_of
from twin.impact.settle import Base, settle_base
from twin.topology.model import Topology
from twin.topology.snapshot import Array, load_arrays, save_arrays

FILE = "at-rest.bin"
_STATE = ("fell", "slack", "available", "calling")
_FLOWS = tuple(field.name for field in fields(load.Flows))
_RULES = ("load", "load_plan", "reach", "settle", "spread", "loops", "wide")


def at_rest(topology: Topology, folder: Path) -> Base:
    """The base state with nothing out, its loads with it; from the folder's file where that fits, else kept there."""
    found = load_arrays(folder / FILE)
    if found is not None and found[1] == _facts(topology):
        return _adopted(topology, found[0])
    base = settle_base(topology)
    arrays: dict[str, Array] = {f"base.{name}": getattr(base, name) for name in _STATE}
    loads = follow.base_flows(base)
    arrays |= {f"flows.{name}": getattr(loads, name) for name in _FLOWS}
    arrays |= load_plan.packed(load_plan.plan(topology))
    with suppress(OSError):  # a folder that cannot be written costs the next question time, not the answer
        save_arrays(folder / FILE, arrays, _facts(topology))
    return base


def _adopted(topology: Topology, arrays: dict[str, Array]) -> Base:
    # Copies: kernels are compiled anew for arrays that cannot be written, as those of a mapped file.
    none = np.empty(0, np.int32)
    base = Base(topology, net_of(topology), none, none, *(arrays[f"base.{name}"].copy() for name in _STATE))
    load_plan.adopt(topology, arrays)
    follow.adopt(base, load.Flows(*(arrays[f"flows.{name}"] for name in _FLOWS)))
    return base


def _facts(topology: Topology) -> dict[str, str]:
    return {"version": topology.version, "rules": _rules()}


@cache
def _rules() -> str:
    """A digest of the modules that work the state out, so that what an older twin kept is not believed."""
    folder = Path(load.__file__).parent
    texts = [(folder / f"{name}.py").read_bytes() for name in _RULES]
    return hashlib.blake2b(b"".join(texts), digest_size=8).hexdigest()
