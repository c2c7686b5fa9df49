"""Write jars.lock anew: `python -m twin.graph.local.relock`, after a change of the versions in jars.py.

jgo's Python resolver walks the dependencies (minutes the first time); every jar is fetched and hashed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from twin.graph.local.jars import LOCK_NAME, ROOTS, Jar

HEADER = """\
# The jars of the local Neo4j: sha256, bytes, group:artifact:version[:classifier].
# Written by `python -m twin.graph.local.relock`; do not edit.
"""


def resolve() -> list[Jar]:
    """Return every jar that the roots need, sorted by coordinates."""
    import jgo  # noqa: PLC0415 - brings requests along

    jars: set[Jar] = set()
    for artifact in jgo.resolve("+".join(ROOTS)):
        if artifact.packaging == "jar":
            content = artifact.resolve().read_bytes()
            coordinates = (artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier)
            jars.add(Jar(hashlib.sha256(content).hexdigest(), len(content), *coordinates))
    return sorted(jars, key=lambda jar: (jar.group, jar.artifact, jar.version, jar.classifier))


def main() -> None:
    """Write the lock beside this module."""
    lines = [jar.line for jar in resolve()]
    (Path(__file__).parent / LOCK_NAME).write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
