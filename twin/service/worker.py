"""The process of one person: their stage, their pictures. It listens on no port and ends when they go.

Run as `python -m twin.service.worker FD`, where FD is its end of a pair of sockets.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from schema.errors import TwinError, Unreachable
from twin.service.wire import Wire

if TYPE_CHECKING:
    from twin.campus import Campus
    from viz.browser.app import App

POLL_S: Final = 0.2


class Where(BaseModel):
    """Which campus: what `twin.open` takes."""

    uri: str | None = None
    auth: tuple[str, str] | None = None
    database: str | None = None
    home: Path | None = None
    live: bool = False


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
    from viz.browser.asker import Asker  # noqa: PLC0415
    from viz.browser.session import Session  # noqa: PLC0415
    from viz.model import model  # noqa: PLC0415
    from viz.saved import of_campus  # noqa: PLC0415
    from viz.stage import Stage  # noqa: PLC0415
    from viz.viewpoints import FILE as VIEWPOINTS  # noqa: PLC0415
    from viz.viewpoints import Shelf  # noqa: PLC0415

    with twin.open(where.uri, auth=where.auth, database=where.database, home=where.home) as campus:
        asker = Asker(campus, live=where.live)
        details = campus.details
        shelf = Shelf.at(campus.home / VIEWPOINTS) if campus.home is not None else Shelf()
        drawn = model(campus.topology, details.placement)
        stage = Stage(drawn, details.name, asker, shelf=shelf, scenarios=of_campus(campus))
        search = Search(campus.topology.ids, details.name)
        app = App(lambda tell: Session(stage, asker, search, tell))
        await app.start()
        _ = app.session.area.img_cols_rows  # shaders are compiled by the first picture
        _ = asker.loads(stage.state)
        with suppress(TwinError):  # the first page tells it; here the driver is loaded and connected
            stage.scenarios()
        await wire.send(campus.topology.version.encode())
        await app.connect(wire.send)
        following = asyncio.create_task(_follow(campus, app)) if where.live else None
        while (message := await wire.receive()) is not None:
            await app.receive(message)
        if following is not None:
            following.cancel()
        await app.close()


async def _follow(campus: Campus, app: App) -> None:
    """Show live state as it changes; where no live process runs, from when one does."""
    from viz.feed import LiveFeed  # noqa: PLC0415

    feed: LiveFeed | None = None
    while True:
        try:
            feed = feed or LiveFeed(campus.home, campus.topology)
            reading = feed.poll()
        except Unreachable as error:
            app.session.without_live(str(error))
        else:
            if reading is not None:
                app.session.take(reading)
        await asyncio.sleep(POLL_S)


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
