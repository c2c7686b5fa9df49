"""The graph's schema version, and the numbered steps that bring an older graph up to this program's.

The version stands in the graph itself, at the node `_Twin`. A graph without it is new where it holds no asset, and of
version 0 where it does: from before versions were kept. Every step may be run again, so that an interrupted `migrate`
is run again and does what is left. Each change of the declarations that a database has to follow is a step here; a
step that was released is never changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from schema.errors import BadInput
from twin.graph.prepare import prepare
from twin.graph.store import Progress, Store

log = logging.getLogger("twin.graph")


@dataclass(frozen=True)
class Migration:
    """One step: brings a graph of version `number` - 1 to `number`. `run` may be called again at any time."""

    number: int
    what: str
    run: Callable[[Store], object]


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(1, "constraints and indexes for ids, names, search and assets that are gone", prepare),
)


@dataclass(frozen=True)
class State:
    """The version of the graph, and the one that this program writes; `empty`: there is no asset yet."""

    version: int
    latest: int
    empty: bool

    @property
    def older(self) -> bool:
        """Whether steps are to be run."""
        return self.version < self.latest

    def require_known(self) -> None:
        """Raise BadInput for a graph that a later program wrote."""
        if self.version > self.latest:
            raise BadInput(
                f"the graph is of schema version {self.version}, and this program knows {self.latest}: "
                "use the release of campus-twin that wrote it, or a later one"
            )


def state(store: Store, migrations: Sequence[Migration] = MIGRATIONS) -> State:
    """Return which version the graph is of."""
    row = store.read(
        "OPTIONAL MATCH (t:_Twin {name: 'graph'}) WITH max(t.version) AS version "
        "RETURN version, EXISTS { (:Asset) } AS filled"
    )[0]
    latest = migrations[-1].number
    version = row["version"]
    if version is None:
        version = 0 if row["filled"] else latest
    return State(version, latest, not row["filled"])


def notice(store: Store) -> None:
    """Tell of an older graph in the log, which questions still read. Raises BadInput for a newer one."""
    found = state(store)
    found.require_known()
    if found.older:
        log.warning(
            "the graph is of schema version %d, this program's is %d: `twin migrate` brings it up to date",
            found.version,
            found.latest,
        )


def migrate(
    store: Store, progress: Progress | None = None, migrations: Sequence[Migration] = MIGRATIONS
) -> list[Migration]:
    """Run the steps that the graph lacks, each noted when it is through; return them.

    Raises BadInput for a newer graph, and where the data stands in a step's way.
    """
    found = state(store, migrations)
    found.require_known()
    steps = [step for step in migrations if step.number > found.version]
    for done, step in enumerate(steps):
        if progress:
            progress(f"migration {step.number}: {step.what}", done, len(steps))
        step.run(store)
        stamp(store, step.number)
    return steps


def stamp(store: Store, version: int = MIGRATIONS[-1].number) -> None:
    """Note that the graph is of this version now; never an earlier one than stands there."""
    if not store.read("MATCH (t:_Twin {name: 'graph'}) WHERE t.version >= $version RETURN 1", version=version):
        store.write(
            "MERGE (t:_Twin {name: 'graph'}) "
            "SET t.version = CASE WHEN t.version > $version THEN t.version ELSE $version END",
            version=version,
        )
