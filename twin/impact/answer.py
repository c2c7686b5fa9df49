"""The answer to an impact question. It holds indices, and puts them into words when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from twin.frames import Columns, Row, Tabular
from twin.impact.explain import Explainer
from twin.impact.gaps import gaps
from twin.impact.question import Question, indices
from twin.impact.settle import Base
from twin.impact.totals import Totals
from twin.topology.model import Ints, Topology
from twin.words import counts, names

ROWS_AT_ONCE = 1_000
VERDICTS = ("lost", "degraded", "at_risk", "down_before")


@dataclass(frozen=True, eq=False, repr=False)
class Impact(Tabular):
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
    find_at_risk: Callable[[], Ints]
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
    def at_risk_assets(self) -> Ints:
        """Indices of the degraded without reserve."""
        return self.find_at_risk()

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
        if not (self.lost_assets == asset).any():
            return None
        return self.tripped.get(asset) or self._explainer.because(asset)

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

    COLUMNS: ClassVar[Columns] = {"id": str, "label": str, "verdict": str, "at_risk": bool, "because": str}

    @property
    def headline(self) -> str:
        """What is lost and what is degraded."""
        failed = names(self.topology.ids.texts(indices(self.question.failed)))
        lost = counts(self.totals.lost, 4) or "nothing else"
        verb = "fails" if len(self.question.failed) == 1 else "fail"
        out = names(self.topology.ids.texts(indices(self.question.out)))
        degraded = f"; degraded {counts(self.totals.degraded, 4)}" if self.totals.degraded else ""
        return f"if {failed} {verb}{f' with {out} out' if out else ''}: lost {lost}{degraded}"

    def table(self, most: int | None = None) -> Iterator[Row]:
        """One row an asset that is not unaffected.

        `verdict`: failed, lost, degraded or down_before; `because`: the type of the reason of what is lost.
        """
        return islice(self._table(), most)

    def _table(self) -> Iterator[Row]:
        topology, ids = self.topology, self.topology.ids
        named = indices(asset for asset in self.question.failed if not self.base.fell[asset])
        at_risk = frozenset(self.at_risk_assets.tolist())
        parts = {
            "failed": named,
            "lost": self.lost_assets,
            "degraded": self.degraded_assets,
            "down_before": self.down_before_assets,
        }
        for verdict, assets in parts.items():
            ordered = ids.sorted(assets)
            for begin in range(0, len(ordered), ROWS_AT_ONCE):
                some = ordered[begin : begin + ROWS_AT_ONCE]
                because = self.reasons(some) if verdict == "lost" else {}
                for id_, asset in zip(ids.many(some), some.tolist(), strict=True):
                    yield {
                        "id": id_,
                        "label": topology.label_of(asset),
                        "verdict": verdict,
                        "at_risk": asset in at_risk,
                        "because": because[id_]["type"] if because else None,
                    }
