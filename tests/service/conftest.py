"""The reference campus, tiny, in the session's Neo4j, and `twin serve` over it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from plugins.neo4j_fixture import empty

from ingest.campus import write
from ingest.run import Options, ingest
from twin.graph import Store
from twin.graph.endpoint import Endpoint
from twin.live.keeper import Keeper


@pytest.fixture(scope="module")
def tiny(_session_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The tiny reference campus in the database; tests of one module share it."""
    folder = tmp_path_factory.mktemp("exports")
    write(folder, "tiny", 1, False)
    empty(_session_store)
    ingest([folder], lambda: _session_store, Options())
    return _session_store


def environment(endpoint: Endpoint, home: Path) -> dict[str, str]:
    """The environment of a command that works on this Neo4j."""
    named = {"TWIN_URI": endpoint.uri, "TWIN_USER": endpoint.user, "TWIN_HOME": str(home)}
    if endpoint.password:
        named["TWIN_PASSWORD"] = endpoint.password
    if endpoint.database:
        named["TWIN_DATABASE"] = endpoint.database
    return {**os.environ, **named}


@contextmanager
def serving(endpoint: Endpoint, home: Path, *options: str) -> Iterator[str]:
    """`twin serve` on a free port; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "twin.cli.main", "serve", "--port", "0", *options],
        env=environment(endpoint, home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    try:
        said = process.stdout.readline()
        found = re.search(r"https?://\S+", said)
        assert found, said + (process.stderr.read() if process.stderr else "")
        yield found[0]
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
        # What went wrong behind the page must not go by unseen.
        assert "Traceback" not in errors, errors


@contextmanager
def stepped(keeper: Keeper) -> Iterator[Keeper]:
    """A live process in this one, without a feed: a thread steps it."""
    stop = threading.Event()

    def step() -> None:
        while not stop.wait(0.02):
            keeper.step(time.time())
            keeper._write_status()  # `run` has a thread for it

    thread = threading.Thread(target=step)
    thread.start()
    try:
        yield keeper
    finally:
        stop.set()
        thread.join()
        keeper.close()
