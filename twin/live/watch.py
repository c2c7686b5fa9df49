"""From changed conditions to what is seen and said: the settled state, the alarms, and what each of them means.

A change is first evaluated as a whole: who is lost, who is without reserve, which report explains which. Then each
root is told its consequence, those that just changed first; a round takes about as long as `ROUND_S`, the rest follows
in the next one.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.impact.impact import without_reserve
from twin.impact.settle import Base, Scenario
from twin.live.base import hold_share
from twin.live.folding import Folding
from twin.live.limits import SEVERITIES, Limits
from twin.live.metrics import CHARGE_PERCENT, METRICS, NUMBER
from twin.live.outlook import Consequence, Outlook
from twin.live.passing import Passing
from twin.live.points import Quality
from twin.live.reader import Seen
from twin.live.state import TTL_S
from twin.live.status import SILENT
from twin.topology.model import CONDITIONS, DOWN, OUT, UP, Bools, Codes, Topology

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.live.alarms import Alarm, Alarms
    from twin.live.state import State
    from twin.topology.model import Ints

ROUND_S = 0.15
_KINDS = (CONDITIONS[DOWN], CONDITIONS[OUT])


class Watch:
    """Keeps `seen` and `alarm` of the state, and the alarms. For one thread."""

    def __init__(
        self,
        base: Base,
        state: State,
        alarms: Alarms,
        limits: Limits,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`base`: the settled state of the topology with nothing down; once `stopped` says yes, Stopped is raised."""
        self.topology = base.topology
        self.state, self.alarms, self.limits = state, alarms, limits
        self.scenario = Scenario(base)
        self.folding = Folding(self.scenario, stopped)
        self.passing = Passing(self.folding)
        self.outlook = Outlook(base, self.scenario)
        self.lost_s = np.full(len(self.topology), np.inf)
        """Since when the engine says that an asset is down (n); infinite where it does not."""
        self.changed_s = 0.0
        """When a condition changed last of what is no mere load: of these some change all the time."""
        self._asset_of: dict[str, int | None] = {}
        """Assets of alarms by id, as they were looked up: there may be tens of thousands, looked through each round."""
        self._roots: list[int] = []
        self._pending: dict[int, None] = {}

    @property
    def again_s(self) -> float:
        """When what was explained for a time only is to be looked at again; infinite: never."""
        return self.passing.until_s

    @property
    def pending(self) -> bool:
        """Whether consequences are still to be worked out."""
        return bool(self._pending)

    def conditions(self, changed: Iterable[int], now_s: float) -> None:
        """Evaluate the state after the conditions of these assets changed; none of them: as time has passed."""
        changed = list(changed)
        if not self.topology.loads[changed].all():
            self.changed_s = now_s
        codes, since = self.state.file.asset["condition"], self.state.file.asset["condition_s"]
        down = np.flatnonzero(codes != UP)
        down = down[np.lexsort((self.topology.ids.rank[down], since[down]))].tolist()
        self._see(down, now_s)
        settled = self.folding.roots(down)
        passing = self.passing.explained(settled, since, self._measured, now_s)
        self._roots = [asset for asset in settled if asset not in passing]
        roots = set(settled)
        explained = self.folding.explained(settled, [asset for asset in down if asset not in roots])
        # What hangs on something that is down only for now is explained by what explains that.
        for asset, by in explained.items() if passing else ():
            explained[asset] = list(dict.fromkeys(root for one in by for root in passing.get(one, [one])))
        explained |= passing
        self._clear(set(self.topology.ids.many(np.array(down, np.int32))), now_s)
        named: dict[tuple[int, ...], list[str]] = {}
        for asset in down:
            alarm = self._raise(asset, int(codes[asset]), float(since[asset]))
            if asset in explained:
                by = tuple(explained[asset])
                if by not in named:
                    named[by] = self.topology.ids.texts(np.array(by, np.int32))
                self.alarms.describe(alarm, {}, named[by])
            elif alarm.explained_by:
                self.alarms.describe(alarm, {}, ())  # it stands alone from now on; what it means follows
        self._fold_limits(self.alarms.open)
        first = [asset for asset in changed if asset in roots and asset not in passing]
        self._pending = dict.fromkeys([*first, *self._roots])
        self._mark()

    def work(self) -> None:
        """Tell roots what they mean, for about `ROUND_S`."""
        if not self._pending:
            return
        until = time.monotonic() + ROUND_S
        now = self._measured()
        while self._pending and time.monotonic() < until:
            asset = next(iter(self._pending))
            del self._pending[asset]
            self._tell(asset, now)
        self._mark()

    def limits_crossed(self, metric: int, assets: Ints, now_s: float) -> None:
        """Raise and clear the alarms of points whose level changed."""
        row, level, kind = self.state.file.rows[metric], self.limits.level[metric], METRICS[metric].name
        raised: list[Alarm] = []
        for asset in assets.tolist():
            name = self.topology.ids[asset]
            if not level[asset]:
                self.alarms.clear(kind, name, now_s)
                continue
            what = METRICS[metric].choices
            value = float(row["value"][asset])
            told = what[int(value)] if what else f"{value:.4g} {METRICS[metric].unit}"
            label = self.topology.label_of(asset)
            text = f"{label} {name}: {kind} {told}"
            since_s = float(row["source_s"][asset])
            raised.append(self.alarms.raise_(kind, name, SEVERITIES[level[asset]], text, since_s))
        self._fold_limits(raised)
        self._mark()

    def _fold_limits(self, alarms: Iterable[Alarm]) -> None:
        """Of alarms about limits, fold those of assets that what is down has taken down; the others stand alone."""
        seen = self.state.file.asset["seen"]
        found: dict[int, list[Alarm]] = {}
        for alarm in alarms:
            asset = self._asset(alarm) if alarm.kind in NUMBER else None
            if asset is not None and seen[asset] == Seen.LOST:
                found.setdefault(asset, []).append(alarm)
            elif asset is not None:
                self.alarms.describe(alarm, {}, ())
        for asset, by in self.folding.explained(self._roots, list(found)).items():
            for alarm in found[asset]:
                self.alarms.describe(alarm, {}, self.topology.ids.texts(np.array(by, np.int32)))

    def resume(self) -> None:
        """Take over the levels of open alarms of an earlier process, so that the next value decides about each.

        An alarm about a point that the state does not hold is cleared: no value would ever decide about it.
        """
        for alarm in self.alarms.open:
            metric, asset = NUMBER.get(alarm.kind), self._asset(alarm)
            if metric is None or metric not in self.limits.level:
                continue
            if asset is None or self.state.file.rows[metric]["quality"][asset] == Quality.NONE:
                self.alarms.clear(alarm.kind, alarm.id, time.time())
            elif alarm.severity in SEVERITIES:
                self.limits.level[metric][asset] = SEVERITIES.index(alarm.severity)

    def _see(self, down: list[int], now_s: float) -> None:
        """Work out `seen` of every asset."""
        seen = np.full(len(self.topology), Seen.UP, np.uint8)
        scenario = self.scenario
        seen[scenario.base.fell != 0] = Seen.LOST
        try:
            scenario.fail(down)
            seen[scenario.fallen()] = Seen.LOST
            degraded = scenario.degraded()
            seen[degraded] = np.where(without_reserve(scenario, degraded), Seen.AT_RISK, Seen.DEGRADED)
        finally:
            scenario.undo()
        codes = self.state.file.asset["condition"]
        seen[codes == DOWN] = Seen.DOWN
        seen[codes == OUT] = Seen.OUT
        lost = seen == Seen.LOST
        self.lost_s = np.where(lost, np.minimum(self.lost_s, now_s), np.inf)
        self.state.conclude("seen", seen)

    def _clear(self, down: set[str], now_s: float) -> None:
        for alarm in self.alarms.open:
            if alarm.kind in _KINDS and alarm.id not in down:
                self.alarms.clear(alarm.kind, alarm.id, now_s)

    def _raise(self, asset: int, code: int, since_s: float) -> Alarm:
        name, kind = self.topology.ids[asset], CONDITIONS[code]
        self._asset_of[name] = asset
        for other in _KINDS:
            if other != kind:
                self.alarms.clear(other, name, since_s)
        known = self.alarms.find(kind, name)
        if known is not None:
            return known
        return self.alarms.raise_(kind, name, "warning", f"{self.topology.label_of(asset)} {name} {kind}", since_s)

    def _tell(self, asset: int, now: Topology) -> None:
        code = int(self.state.file.asset["condition"][asset])
        alarm = self.alarms.find(CONDITIONS[code], self.topology.ids[asset])
        if alarm is None:
            return
        title = f"{self.topology.label_of(asset)} {alarm.id} {alarm.kind}"
        if self.topology.loads[asset]:
            # A load is what is lost; what it serves is told by the services that go down with it.
            self.alarms.describe(alarm, Consequence().to_dict(), ())
            self.alarms.raise_(alarm.kind, alarm.id, "warning", title, alarm.since_s)
            return
        others = [root for root in self._roots if root != asset]
        means = self.outlook.of(asset, others, now)
        grave = code == DOWN and (means.lost or means.at_risk)
        self.alarms.describe(alarm, means.to_dict(), ())
        severity = "critical" if grave else "warning"
        self.alarms.raise_(alarm.kind, alarm.id, severity, f"{title}: {means.text()}", alarm.since_s)

    def _measured(self) -> Topology:
        """The topology with the hold that batteries have left."""
        row, now_s = self.state.file.rows[CHARGE_PERCENT], time.time()
        known = (row["quality"] >= Quality.UNCERTAIN) & (now_s - row["receive_s"] <= TTL_S[CHARGE_PERCENT])
        charge = np.where(known, row["value"].astype(np.float64), np.nan)
        share = hold_share(charge, self.state.file.asset["bridges"])
        return replace(self.topology, power_hold_s=self.topology.power_hold_s * share)

    def _mark(self) -> None:
        """Bring `alarm` of every asset up to date."""
        worst: Codes = np.zeros(len(self.topology), np.uint8)
        for alarm in self.alarms.open:
            asset = self._asset(alarm)
            if asset is not None:
                worst[asset] = max(int(worst[asset]), SEVERITIES.index(alarm.severity))
        self.state.conclude("alarm", worst)

    def _asset(self, alarm: Alarm) -> int | None:
        """The asset of an alarm; None where it is of a source, or of what the graph does not know any more."""
        if alarm.kind == SILENT:
            return None
        if alarm.id not in self._asset_of:
            self._asset_of[alarm.id] = self.topology.ids.index(alarm.id)
        return self._asset_of[alarm.id]

    @property
    def up(self) -> Bools:
        """Who is up, by what is reported and what follows from it (n)."""
        seen = self.state.file.asset["seen"]
        return (seen != Seen.DOWN) & (seen != Seen.OUT) & (seen != Seen.LOST)
