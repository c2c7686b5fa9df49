"""What questions start from: the graph store of a campus, its topology, and its settled states.

Import is light; what a question needs is loaded when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from schema.errors import Unreachable
from twin.impact.question import Live, Question, require_sound
from twin.impact.settle import Base, Scenario, settle_base
from twin.topology.model import Topology

if TYPE_CHECKING:
    from twin.graph.store import Store
    from twin.topology.store import Details, Placement

Progress = Callable[[str, int, int], None]
BASES_KEPT = 4


class Ground:
    """The store, the topology and the settled states of a campus; `twin.campus.Campus` adds the questions."""

    def __init__(
        self,
        store: Store | None,
        *,
        home: Path | None = None,
        topology: Topology | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._store, self.home, self._progress = store, home, progress
        self._topology = topology
        self._bases: dict[Any, tuple[Base, Scenario]] = {}
        self._lock = RLock()

    @classmethod
    def of(cls, topology: Topology) -> Self:
        """The campus of a compiled topology, without a graph."""
        return cls(None, topology=topology)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Which campus, and how large, as far as that is known without a look at the graph."""
        where = "a topology" if self._store is None else f"{self._store.endpoint.uri or 'the local Neo4j'}"
        size = f"{len(self._topology):,} assets" if self._topology is not None else "not read yet"
        return f"<Campus of {where}: {size}>"

    def close(self) -> None:
        """Close the connections."""
        if self._store is not None:
            self._store.close()

    @property
    def store(self) -> Store:
        """The graph store. Raises Unreachable for a campus without one."""
        if self._store is None:
            raise Unreachable("this campus was made from a topology and has no database")
        return self._store

    @property
    def has_store(self) -> bool:
        """Whether there is a database, and not a topology alone."""
        return self._store is not None

    @property
    def topology(self) -> Topology:
        """The compiled campus, as the graph was when it was first asked for or last refreshed."""
        with self._lock:
            if self._topology is None:
                self.refresh()
            assert self._topology is not None  # noqa: S101 - refresh sets it or raises
            return self._topology

    def refresh(self) -> bool:
        """Take over what changed in the graph; returns whether anything did."""
        from twin.topology.current import current  # noqa: PLC0415 - not for a campus of a topology

        with self._lock:
            before = self._topology.version if self._topology else None
            fresh = current(self.store, self._home(), self._progress)
            if fresh.version == before:
                return False
            self._topology = fresh
            self._bases.clear()
            self.__dict__.pop("details", None)
            return True

    def is_current(self) -> bool:
        """Whether the graph is known to be unchanged, in milliseconds; False: `refresh` would read it."""
        from twin.topology.current import is_current  # noqa: PLC0415 - not for a campus of a topology

        return is_current(self.topology, self.store, self._home())

    def renewed(self) -> Self:
        """A campus of the graph as it is now, on the same connection; this one where nothing has changed.

        Questions that are being answered here go on meanwhile.
        """
        from twin.topology.current import current  # noqa: PLC0415 - not for a campus of a topology

        fresh = current(self.store, self._home(), self._progress)
        if fresh.version == self.topology.version:
            return self
        return type(self)(self.store, home=self.home, topology=fresh, progress=self._progress)

    @cached_property
    def details(self) -> Details:
        """Names, serials, global ids and boxes, by asset index."""
        from twin.topology.current import details  # noqa: PLC0415 - not for every question

        return details(self.store, self._home(), self.topology)

    @property
    def placement(self) -> Placement:
        """The box of each asset."""
        return self.details.placement

    def find(self, text: str) -> int:
        """The index of the asset with this id, or with this unique global_id, serial or name.

        Raises UnknownAsset or AmbiguousAsset.
        """
        from twin.topology.lookup import find  # noqa: PLC0415 - not for every import

        return find(self.topology, self._details_or_none, text)

    def base(self, out: Iterable[str] = (), *, live: bool = False, assume_worst: bool = False) -> Base:
        """The settled state before a question. Raises BadModel where the model contradicts itself."""
        with self._lock:
            return self._base(out, live=live, assume_worst=assume_worst)[0]

    @contextmanager
    def _asking(
        self, failed: Iterable[str], out: Iterable[str], *, live: bool, assume_worst: bool
    ) -> Generator[tuple[Question, Base, Scenario]]:
        """The question, its base state, and working arrays on it at rest, one caller at a time."""
        with self._lock:
            base, scenario = self._base(out, live=live, assume_worst=assume_worst)
            named = tuple(sorted({self.find(text) for text in failed}))
            yield Question(named, tuple(base.out.tolist())), base, scenario

    def _scenario(self, base: Base) -> Scenario:
        """Working arrays on a base, at rest."""
        kept = [scenario for known, scenario in self._bases.values() if known is base]
        return kept[0] if kept else Scenario(base)

    def _base(self, out: Iterable[str], *, live: bool, assume_worst: bool) -> tuple[Base, Scenario]:
        topology = self.topology
        require_sound(topology, assume_worst=assume_worst)
        named = tuple(sorted({self.find(text) for text in ([out] if isinstance(out, str) else out)}))
        if live:
            return self._settled(self._live(), named)
        if named not in self._bases:
            while len(self._bases) >= BASES_KEPT:
                self._bases.pop(next(key for key in self._bases if key))
            self._bases[named] = self._settled(None, named)
        return self._bases[named]

    def _settled(self, live: Live | None, out: Sequence[int]) -> tuple[Base, Scenario]:
        if live is not None:
            base = settle_base(live.applied(self.topology), out, down=live.down)
        else:
            base = self._at_rest() if not out else self._base((), live=False, assume_worst=True)[0]
            base = settle_base(self.topology, out, start=base)
        return base, Scenario(base)

    def _at_rest(self) -> Base:
        """The base state with nothing out."""
        topology = self.topology
        if self._store is None:
            return settle_base(topology)
        from twin.at_rest import at_rest  # noqa: PLC0415 - only with a store
        from twin.topology.current import snapshot_folder  # noqa: PLC0415

        return at_rest(topology, snapshot_folder(self._store, self._home()))

    def _details_or_none(self) -> Details | None:
        return self.details if self._store is not None else None

    def _home(self) -> Path:
        from twin.graph.endpoint import twin_home  # noqa: PLC0415 - only with a store

        return self.home or twin_home()

    def _live(self) -> Live:
        from twin.live.base import live_base  # noqa: PLC0415 - only where live state is asked for

        return live_base(self.topology, self._home())
