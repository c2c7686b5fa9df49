"""Timelines without reasons: when the first of some assets is lost; a play, worked out as far as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

from twin.impact.timeline.simulation import Simulation
from twin.impact.timeline.supply import Key

if TYPE_CHECKING:
    from twin.topology.model import Bools, Topology


def first_loss(  # noqa: PLR0913, PLR0917 - the same, and who is watched
    topology: Topology,
    up: Bools,
    named: Iterable[int],
    along: Mapping[int, Mapping[str, Any]],
    watched: Set[int],
    until_s: float = 86_400.0,
) -> float | None:
    """When the first of `watched` is lost, as `simulate` tells it; None: not up to `until_s`. Ends with that."""
    try:
        _Watching(topology, up, until_s, watched).run(set(named), along)
    except _Seen as seen:
        return seen.at_s
    return None


class _Seen(Exception):
    def __init__(self, at_s: float) -> None:
        super().__init__()
        self.at_s = at_s


class _Plain(Simulation):
    """Tells no reasons, which cost most of the time."""

    def broken_group(self, key: Key) -> dict[str, Any]:
        return {}


class _Watching(_Plain):
    """Goes on until one of some assets is lost; nobody asks why."""

    def __init__(self, topology: Topology, up: Bools, until_s: float, watched: Set[int]) -> None:
        super().__init__(topology, up, until_s)
        self.watched = watched

    def lose(self, reasons: Mapping[int, Mapping[str, Any]], quiet: Set[int] = frozenset()) -> None:
        if any(asset in self.watched and asset not in quiet for asset in reasons):
            raise _Seen(self.now)
        super().lose(reasons, quiet)

    def tell(self, asset: int, state: str, because: Mapping[str, Any]) -> None:
        """Nobody listens."""


class Stopped(Exception):
    """Whoever plays a timeline wants no more of it."""


class Play(_Plain):
    """The timeline of failures in the settled base state `up` (n), worked out as far as it is asked for.

    `failures`: what fails, what it takes along included, with the second of each. `stopped` is asked again and again
    while it works; once it says yes, `Stopped` is raised.
    """

    def __init__(
        self,
        topology: Topology,
        up: Bools,
        failures: Iterable[tuple[float, Iterable[int]]],
        until_s: float,
        stopped: Callable[[], bool],
    ) -> None:
        super().__init__(topology, up, until_s)
        self._stopped = stopped
        self._fresh: list[tuple[float, int, str]] = []
        self.begin(set(), {}, failures)

    def up_to(self, to_s: float) -> list[tuple[float, int, str]]:
        """Second, asset and state of every change after those that were told already, up to and including `to_s`."""
        self.go_on(min(to_s, self.until_s))
        told, self._fresh = self._fresh, []
        return told

    def tell(self, asset: int, state: str, because: Mapping[str, Any]) -> None:
        """Keep a change for who asks next."""
        if self._stopped():
            raise Stopped
        self._fresh.append((self.now, asset, state))
