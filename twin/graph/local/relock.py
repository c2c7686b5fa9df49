"""Write the locks of jars anew: `python -m twin.graph.local.relock [NAME…]`, after a change of releases.py.

jgo's Python resolver walks the dependencies (minutes the first time); every jar is fetched and hashed.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from twin.graph.local.jars import Jar
from twin.graph.local.releases import RELEASES, Release, named

HEADER = """\
# The jars of the local Neo4j: sha256, bytes, group:artifact:version[:classifier].
# Written by `python -m twin.graph.local.relock`; do not edit.
"""


def resolve(release: Release) -> list[Jar]:
    """Return every jar that the roots need, sorted by coordinates."""
    import jgo  # noqa: PLC0415 - brings requests along

    jars: set[Jar] = set()
    for artifact in jgo.resolve("+".join(release.roots)):
        if artifact.packaging == "jar":
            content = artifact.resolve().read_bytes()
            coordinates = (artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier)
            jars.add(Jar(hashlib.sha256(content).hexdigest(), len(content), *coordinates))
    return sorted(jars, key=lambda jar: (jar.group, jar.artifact, jar.version, jar.classifier))


def main(names: list[str]) -> None:
    """Write the locks of these releases, else of all, beside this module."""
    for release in [named(name) for name in names] or RELEASES.values():
        lines = [jar.line for jar in resolve(release)]
        (Path(__file__).parent / release.lock_name).write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
