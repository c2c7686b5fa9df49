"""The graph store: Neo4j, the one that the user names or the twin's own local one.

`connect` gives a `Store`. The driver is imported when the first query needs it.
"""

from twin.graph.endpoint import Endpoint
from twin.graph.store import Store, connect

__all__ = ["Endpoint", "Store", "connect"]
