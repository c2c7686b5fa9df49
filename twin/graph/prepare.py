"""Make a database ready: constraints and indexes, derived from the declarations.

A first load is much faster where the indexes come after it (Neo4j fills an index in one go), so the ingest calls
`constrain` before it writes and `index` after, or `prepare` after a bulk import. They change nothing where all is
there.
"""

from __future__ import annotations

from schema.cypher import constraints, lookup_indexes, search_index
from twin.graph.store import Counts, Store

INDEX_WAIT_S = 300
TOMBSTONES = "CREATE INDEX tombstone_id IF NOT EXISTS FOR (t:_Tombstone) ON (t._id)"
"""What the ingest keeps of assets that are gone is found by this."""


def constrain(store: Store) -> Counts:
    """Create the uniqueness constraints, whose indexes the upserts need.

    Raises BadInput where the database holds data that breaks one, such as two assets with one id.
    """
    return _waited(store, store.write_all(constraints()))


def index(store: Store) -> Counts:
    """Create the indexes for look-ups, wait until they answer, and have Neo4j begin the one for search.

    Nothing of ours searches in it, and on a campus of 300,000 assets filling it takes longer than all the others.
    """
    changed = _waited(store, _begin_lookup(store))
    changed.add(store.write_all([search_index()]))
    return changed


def prepare(store: Store) -> Counts:
    """Create the constraints and the indexes, and wait until all but the one for search answer."""
    changed = prepare_questions(store)
    changed.add(begin_search(store))
    return changed


def prepare_questions(store: Store) -> Counts:
    """Create the constraints and the indexes but the one for search, and wait until they answer.

    Neo4j fills the indexes for look-ups while it checks the constraints: 11 s in place of 15 on 300,000 assets.
    """
    changed = _begin_lookup(store)
    changed.add(store.write_all(constraints()))
    return _waited(store, changed)


def begin_search(store: Store) -> Counts:
    """Have Neo4j begin the index for search; it keeps both cores busy for a while on 300,000 assets."""
    return store.write_all([search_index()])


def _begin_lookup(store: Store) -> Counts:
    return store.write_all([*lookup_indexes(), TOMBSTONES])  # together: filled in one go over the nodes


def _waited(store: Store, changed: Counts) -> Counts:
    """What was changed, once its indexes answer."""
    if changed:
        store.read("CALL db.awaitIndexes($seconds)", seconds=INDEX_WAIT_S)
    return changed
