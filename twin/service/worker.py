"""The process of one person: their stage, their pictures. It listens on no port and ends when they go.

Run as `python -m twin.service.worker FD`, where FD is its end of a pair of sockets.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from pathlib import Path

from pydantic import BaseModel

from twin.service.wire import Wire


class Where(BaseModel):
    """Which campus: what `twin.open` takes."""

    uri: str | None = None
    auth: tuple[str, str] | None = None
    database: str | None = None
    home: Path | None = None


async def serve(wire: Wire) -> None:
    """Open the campus, make the first picture, and serve one person until they go."""
    first = await wire.receive()
    if first is None:
        return
    where = Where.model_validate_json(first)
    import twin  # noqa: PLC0415 - while the front server waits for nothing else
    from twin.topology.search import Search  # noqa: PLC0415
    from viz import gl  # noqa: PLC0415

    gl.require()
    from viz.browser.app import App  # noqa: PLC0415 - needs an OpenGL library
    from viz.browser.session import Asker, Session  # noqa: PLC0415
    from viz.model import model  # noqa: PLC0415
    from viz.stage import Stage  # noqa: PLC0415

    with twin.open(where.uri, auth=where.auth, database=where.database, home=where.home) as campus:
        asker = Asker(campus)
        details = campus.details
        stage = Stage(model(campus.topology, details.placement), details.name, asker)
        search = Search(campus.topology.ids, details.name)
        app = App(lambda tell: Session(stage, asker, search, tell))
        await app.start()
        _ = app.session.area.img_cols_rows  # shaders are compiled by the first picture
        _ = asker.loads
        await wire.send(b"")
        await app.connect(wire.send)
        while (message := await wire.receive()) is not None:
            await app.receive(message)
        await app.close()


def main() -> None:
    """Entry point of the process."""
    logging.basicConfig(level=logging.WARNING)
    end = socket.socket(fileno=int(sys.argv.pop(1)))

    async def run() -> None:
        wire = await Wire.of(end)
        try:
            await serve(wire)
        finally:
            await wire.close()

    asyncio.run(run())


if __name__ == "__main__":
    main()
