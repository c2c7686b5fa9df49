"""The engine's answers with ids in the place of indices, so that tests can compare them with the oracles."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from oracles.model import Campus
from strategies import Records

from twin.campus import Campus as EngineCampus
from twin.impact.question import Question
from twin.impact.settle import Base, settle_base
from twin.topology import Topology, from_records


class Asked:
    """The same records for both: `campus` for the oracles, `topology` for the engine."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.campus = Campus(records.assets, records.relationships)

    @cached_property
    def topology(self) -> Topology:
        return from_records(self.records.assets, self.records.relationships)

    def index(self, ids: Iterable[str]) -> list[int]:
        found = [self.topology.ids.index(i) for i in sorted(ids)]
        assert None not in found
        return [int(i) for i in found if i is not None]

    @cached_property
    def engine(self) -> EngineCampus:
        """As people ask it from Python."""
        return EngineCampus.of(self.topology)

    def question(self, failed: Iterable[str], out: Iterable[str] = (), **options: Any) -> Question:
        return Question(tuple(sorted(self.index(failed))), tuple(sorted(self.index(out))), **options)

    def base(self, out: Iterable[str] = ()) -> Base:
        return settle_base(self.topology, self.index(out))

    def cut_sets(self, asset: str, order: int, out: Iterable[str] = ()) -> dict[str, Any]:
        return self.engine.cut_sets(asset, order, out=out).to_dict()

    def all_cut_sets(self, out: Iterable[str] = ()) -> dict[str, Any]:
        return self.engine.all_cut_sets(out=out).to_dict()

    def single_points(self, out: Iterable[str] = ()) -> dict[str, Any]:
        return self.engine.single_points(out=out).to_dict()

    def check(self, removed: Iterable[str], out: Iterable[str] = ()) -> dict[str, Any]:
        return self.engine.check(*removed, out=out).to_dict()

    def independence(self) -> dict[str, Any]:
        return self.engine.audit_independence().to_dict()

    def tier(self) -> dict[str, Any]:
        return self.engine.audit_tier().to_dict()

    def availability(self) -> dict[str, Any]:
        return self.engine.availability().to_dict()

    def black_start(self, out: Iterable[str] = ()) -> dict[str, Any]:
        return self.engine.black_start(out).to_dict()

    def ids(self, assets: Iterable[int]) -> set[str]:
        return {self.topology.ids[int(i)] for i in assets}

    def where(self, mask: np.ndarray) -> set[str]:
        return self.ids(np.flatnonzero(mask))

    def mask(self, ids: Iterable[str]) -> np.ndarray:
        mask = np.zeros(len(self.topology), np.bool_)
        mask[self.index(ids)] = True
        return mask

    def group_key(self, group: int) -> tuple[str, str, str]:
        kind, name = self.topology.group_text(group)
        return (self.topology.ids[int(self.topology.group_owner[group])], kind, name)
