"""What is down only for now: until a standby source that was called runs, or a transfer is done.

The settled state counts a standby source as there, so it does not explain why a board reports down in the seconds
before the generators run. The timeline does: an asset that is down at this moment of it folds under the failures that
it began with, until the moment at which it should be back. Where a hold of it should still last, it does not fold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from twin.impact.timeline import Play
from twin.live.folding import Folding, ForNow
from twin.topology.model import Bools, Floats, Topology

LATE_S: Final = 30.0
"""Reports come this much before or after what the timeline says: gateways ask in turn, clocks differ."""
ROUNDS: Final = 3
"""How often the timeline is worked out with one failure more, where it does not have down all that it might have."""
LOOKED_BACK_S: Final = 3_600.0
"""What failed earlier stands at this time before the first of what it may explain."""


class Passing:
    """Works with the folding of the same topology, on its scenario at rest, and stops when that does."""

    def __init__(self, folding: Folding) -> None:
        self._for_now, self._stopped = ForNow(folding.scenario, folding.stopped), folding.stopped
        topology = folding.scenario.topology
        self._up: Bools = folding.scenario.base.fell == 0
        waits = [topology.start_s[topology.standby], topology.transfer_s, topology.restart_s]
        self._window_s = LATE_S + sum(float(w[np.isfinite(w)].max(initial=0.0)) for w in waits)
        self.until_s = np.inf
        """When something that was explained for now should be back: look again then."""

    def explained(
        self, roots: Sequence[int], since_s: Floats, measured: Callable[[], Topology], now_s: float
    ) -> dict[int, list[int]]:
        """For each of the roots that is down only for now, the roots that explain it.

        `since_s` (n): since when each is down; `measured`: gives the topology with the holds that are left.
        """
        self.until_s = np.inf
        young = [root for root in roots if now_s - since_s[root] <= self._window_s]
        if len(roots) < 2 or not young or not self._for_now.differs:
            return {}
        causes, candidates = self._for_now.split(roots)
        candidates = [asset for asset in candidates if now_s - since_s[asset] <= self._window_s]
        if not causes or not candidates:
            return {}
        now = measured()
        back_s: dict[int, float] = {}
        for _ in range(ROUNDS):
            back_s = self._back_s(causes, candidates, since_s, now, now_s) if candidates else {}
            alone = [asset for asset in candidates if asset not in back_s]
            if not alone:
                break
            # The first of them failed by itself, and what else is down may hang on that.
            failed = min(alone, key=lambda asset: float(since_s[asset]))
            causes = [*causes, failed]
            candidates = [asset for asset in candidates if asset != failed]
        self.until_s = min(back_s.values(), default=np.inf) + LATE_S
        return self._for_now.explained(causes, list(back_s))

    def _back_s(
        self, causes: Sequence[int], candidates: Sequence[int], since_s: Floats, now: Topology, now_s: float
    ) -> dict[int, float]:
        """The candidates that the timeline of the causes has down since they are down, and when each should be back."""
        spans = self._spans(causes, candidates, since_s, now)
        return {
            asset: fitting[0]
            for asset in candidates
            if (
                fitting := [
                    back_s
                    for lost_s, back_s in spans[asset]
                    if lost_s - LATE_S <= since_s[asset] and now_s <= back_s + LATE_S
                ]
            )
        }

    def _spans(
        self, causes: Sequence[int], candidates: Sequence[int], since_s: Floats, now: Topology
    ) -> dict[int, list[tuple[float, float]]]:
        """From when to when the timeline of the causes has each candidate down; seconds since 1970."""
        first_s, last_s = (float(pick(since_s[list(candidates)])) for pick in (np.min, np.max))
        begin_s = max(float(since_s[list(causes)].min()), first_s - LOOKED_BACK_S)
        expand = self._for_now.scenario.expand
        later = [(max(0.0, float(since_s[cause]) - begin_s), expand([cause]).tolist()) for cause in causes]
        until_s = last_s + self._window_s - begin_s
        watched = set(candidates)
        spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for after_s, asset, state in Play(now, self._up, later, until_s, self._stopped).up_to(until_s):
            if asset not in watched:
                continue
            if state == "lost":
                spans[asset].append((begin_s + after_s, np.inf))
            elif state == "up" and spans[asset]:
                spans[asset][-1] = spans[asset][-1][0], begin_s + after_s
        return spans
