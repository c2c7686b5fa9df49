"""The compiled copy of the graph: integer indices and flat arrays, with a version and a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.topology.model import Topology

if TYPE_CHECKING:
    from twin.topology.build import build, from_records

__all__ = ["Topology", "build", "from_records"]

_HOMES = {"build": "build", "from_records": "build"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'twin.topology' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - loaded on first use

    return getattr(import_module(f"twin.topology.{_HOMES[name]}"), name)
