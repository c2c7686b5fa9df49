"""The twin's own Neo4j: a real Neo4j Community, without Docker, without an installed Java, without root.

Its Java comes as a Python package, its jars from Maven repositories (`jars`). It starts on demand as a process of its
own (`process`) in a folder of the twin home (`home`), listens on loopback alone, and stays up until it is stopped
(`server`).
"""

from twin.graph.local.dump import dump, load
from twin.graph.local.server import Status, home_of, query, replace, running, start, status, stop

__all__ = ["Status", "dump", "home_of", "load", "query", "replace", "running", "start", "status", "stop"]
