"""networkx behind the web server of `twin serve`: `python -m benchmarks.load_peer FOLDER` (of a snapshot)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from benchmarks.peers import NetworkxPeer
from twin.service.app import bind, run
from twin.topology.store import load


def main() -> None:
    """Serve until a signal ends it."""
    topology = load(Path(sys.argv[1]))
    assert topology is not None
    peer = NetworkxPeer(topology)
    app = FastAPI()

    @app.post("/impact")
    async def impact(question: dict[str, Any]) -> dict[str, int]:  # pyright: ignore[reportUnusedFunction]
        failed = [topology.ids.index(one) for one in question["ids"]]
        return {"lost": peer.lost([one for one in failed if one is not None])}

    with bind("127.0.0.1", 0, insecure=False) as listening:
        run(app, listening, lambda address: print(address, flush=True))


if __name__ == "__main__":
    main()
