"""The answer to an impact question. It holds indices, and puts them into words when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.impact.explain import Explainer
from twin.impact.gaps import gaps
from twin.impact.question import Question
from twin.impact.settle import Base
from twin.impact.totals import Totals
from twin.topology.model import Ints, Topology

if TYPE_CHECKING:
    import polars

VERDICTS = ("lost", "degraded", "at_risk", "down_before")


@dataclass(frozen=True, eq=False)
class Impact:
    """What fails if these fail. Lists of ids are sorted."""

    question: Question
    base: Base
    fallen: Ints
    """Up in the base and down in the scenario, in the order of their fall, those named by the question first."""
    levels: Ints
    """The level at which each of these fell."""
    named_count: int
    """How many of `fallen` the question names."""
    degraded_assets: Ints
    at_risk_assets: Ints
    relies_on_assets: Ints
    overloads: Callable[[], list[dict[str, Any]]]
    """The list `overloaded`, worked out when it is asked for."""
    tripped: Mapping[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    """Asset → its `because`, with overload=trip."""
    rounds: list[list[str]] | None = None
    """With overload=trip: what tripped in each round."""
    timeline: list[dict[str, Any]] | None = None

    @property
    def topology(self) -> Topology:
        """The campus."""
        return self.base.topology

    @property
    def lost_assets(self) -> Ints:
        """Indices of the lost."""
        return self.fallen[self.named_count :]

    @cached_property
    def lost(self) -> list[str]:
        """Up in the base, down in the scenario, not named."""
        return self.topology.ids.texts(self.lost_assets)

    @cached_property
    def degraded(self) -> list[str]:
        """Up in both, with fewer available suppliers in one of its groups."""
        return self.topology.ids.texts(self.degraded_assets)

    @cached_property
    def at_risk(self) -> list[str]:
        """Degraded and without reserve."""
        return self.topology.ids.texts(self.at_risk_assets)

    @cached_property
    def down_before(self) -> list[str]:
        """Down in the base already."""
        return self.topology.ids.texts(self.down_before_assets)

    @property
    def down_before_assets(self) -> Ints:
        """Indices of those down in the base already."""
        return self.base.down_assets

    @cached_property
    def relies_on(self) -> list[str]:
        """Standby sources that the scenario calls and the base does not."""
        return self.topology.ids.texts(self.relies_on_assets)

    @cached_property
    def totals(self) -> Totals:
        """Totals by label, building, module and kW."""
        return Totals(self.topology, self.lost_assets, self.degraded_assets)

    @cached_property
    def overloaded(self) -> list[dict[str, Any]]:
        """The overloads of the final state, by id and kind."""
        return self.overloads()

    @cached_property
    def model(self) -> dict[str, int]:
        """What the model does not know."""
        return gaps(self.topology, self.base.down, np.concatenate([self.fallen, self.degraded_assets]))

    @cached_property
    def _explainer(self) -> Explainer:
        fell = self.base.fell.copy()
        fell[self.fallen] = self.levels
        return Explainer(self.base, fell, self.question.failed)

    @cached_property
    def because(self) -> dict[str, dict[str, Any]]:
        """Why each lost asset is lost, by id."""
        return self.reasons(self.topology.ids.sorted(self.lost_assets))

    def reasons(self, lost: Ints) -> dict[str, dict[str, Any]]:
        """Why each of these lost assets (by index) is lost: id → reason as in `because`, in their order."""
        if not len(lost):
            return {}
        tripped = np.fromiter(self.tripped, np.int32)
        told = self._explainer.all(lost[~np.isin(lost, tripped)])
        told.update(self.tripped)
        return {text: told[asset] for text, asset in zip(self.topology.ids.many(lost), lost.tolist(), strict=True)}

    def why(self, asset: int) -> dict[str, Any] | None:
        """Why this asset (by index) is lost, as in `because`; None for what is not lost."""
        if asset not in self._lost_set:
            return None
        return self.tripped.get(asset) or self._explainer.because(asset)

    @cached_property
    def _lost_set(self) -> frozenset[int]:
        return frozenset(self.lost_assets.tolist())

    def to_dict(self) -> dict[str, Any]:
        """The document of `twin impact --json`."""
        document: dict[str, Any] = {
            "question": self.question.document(self.topology),
            **{verdict: getattr(self, verdict) for verdict in VERDICTS},
            "totals": self.totals.to_dict(),
            "relies_on": self.relies_on,
            "overloaded": self.overloaded,
        }
        if self.rounds is not None:
            document["rounds"] = self.rounds
        document |= {"because": self.because, "model": self.model}
        if self.timeline is not None:
            document["timeline"] = self.timeline
        return document

    def to_frame(self) -> polars.DataFrame:
        """One row an asset that is not unaffected: id, label, verdict, cause (type of the reason), by."""
        from twin.frames import frame  # noqa: PLC0415 - polars is optional

        because = self.because
        rows = [(id_, "failed") for id_ in self.question.document(self.topology)["failed"]]
        rows = [row for row in rows if row[0] not in set(self.down_before)]
        rows += [(id_, verdict) for verdict in ("lost", "degraded", "down_before") for id_ in getattr(self, verdict)]
        at_risk = set(self.at_risk)
        return frame(
            [
                {
                    "id": id_,
                    "label": self.topology.label_of(self._index(id_)),
                    "verdict": verdict,
                    "at_risk": id_ in at_risk,
                    "because": because[id_]["type"] if verdict == "lost" else None,
                }
                for id_, verdict in rows
            ],
            ("id", "label", "verdict", "at_risk", "because"),
        )

    def _index(self, id_: str) -> int:
        found = self.topology.ids.index(id_)
        if found is None:
            raise LookupError(id_)
        return found
