"""The page of one person as a trame application: state and triggers, and pictures through trame-rca.

A trame server publishes its state to everybody who is connected to it. So there is one for each person, in a process
of its own (twin/service/worker.py), and it is spoken to through the given connection alone: it listens on no port.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

from viz.browser.session import Session

PAGE: Final = Path(__file__).parent / "page"
AREA: Final = "campus"
MOST_PIXELS: Final = 1_440_000
FRAMES_PER_S: Final = 24.0
MOVING_QUALITY, STILL_QUALITY = 60, 90
UNSENT_AT_MOST: Final = 4
WORDS_FIRST_S: Final = 0.03
TITLE: Final = "campus twin"

Send = Callable[[bytes], Awaitable[object]]


@dataclass(frozen=True)
class Files:
    """What a browser loads: folders by the first part of their address, the page, and what is said when it is full.

    `full` names the number of places as {people}.
    """

    folders: dict[str, Path]
    index: str
    full: str


def files() -> Files:
    """The files of the page: trame's client and ours. Loads nothing that draws."""
    import trame_client.module.vue3 as client  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
    import trame_rca.module as rca  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    page = f"__twin_{_stamp()}"
    www = Path(client.www)
    client_version = version("trame-client")
    base = f"__trame_client_{client_version}"
    text = (www / "index.html").read_text("utf-8")
    tags = re.findall(r"<script [^>]*src=[^>]*></script>|<link rel=\"stylesheet\"[^>]*>", text)
    linked = [re.sub(r"(src|href)=\"\./|(src|href)=\"(?=\w)", rf'\1\2="{base}/', tag) for tag in tags]
    if len(tags) < 2:
        raise RuntimeError(f"trame-client {client_version} has an index page of another form")
    index = (PAGE / "index.html").read_text("utf-8").replace("{page}", page).replace("{client}", "\n    ".join(linked))
    folders = {page: PAGE, base: www, **{name: Path(path) for name, path in rca.serve.items()}}
    return Files(folders, index, (PAGE / "full.html").read_text("utf-8"))


def _stamp() -> str:
    """A name that changes with the files of the page, so that a browser keeps no older ones."""
    digest = hashlib.blake2b(digest_size=5)
    for file in sorted(PAGE.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@dataclass
class Message:
    """A message as trame's own connections hand it over."""

    data: bytes


class App:
    """One person's page. `start` it in a running event loop, `connect` it once, then `receive` what the page sends."""

    def __init__(self, make: Callable[[Callable[[dict[str, Any]], None]], Session]) -> None:
        """`make` makes the session, given what tells the page what changed."""
        import trame.app  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        from trame_client.ui.html import DivLayout  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        from trame_rca import module as rca  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        server: Any = cast(Any, trame.app).get_server(f"{TITLE} {id(self)}", client_type="vue3")
        self.server = server
        server.enable_module(rca)
        server.enable_module({"scripts": [f"__twin_{_stamp()}/page.js"]})
        server.state.trame__title = TITLE
        server.state.trame__template_error = (PAGE / "closed.html").read_text("utf-8")
        self.session = make(self.tell)
        with cast(Any, DivLayout)(server, classes="page") as layout:
            layout.root.add_child((PAGE / "page.html").read_text("utf-8"))
        server.trigger("do")(self.session.do)
        server.trigger("search")(self.session.search)
        server.trigger("key")(self.session.key)
        server.trigger("hover")(self.session.hover)
        self._adapter: Any = None
        self._connection: Any = None

    def tell(self, changed: dict[str, Any]) -> None:
        """Let the page know what changed."""
        with self.server.state as state:
            state.update(changed)

    async def start(self) -> None:
        """Make trame ready, without any port."""
        from trame_rca import schedulers, view_adapter  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        self.server.start(
            exec_mode="task", backend="generic", thread=True, show_connection_info=False, open_browser=False
        )
        await self.server.ready
        area = self.session.area
        scheduler: Any = cast(Any, schedulers).RcaImageRenderScheduler(
            area,
            target_fps=FRAMES_PER_S,
            interactive_quality=MOVING_QUALITY,
            still_quality=STILL_QUALITY,
            rca_encoder="jpeg",
        )
        self._adapter = cast(Any, view_adapter).RcaViewAdapter(
            area, AREA, scheduler=scheduler, do_schedule_render_on_interaction=False
        )
        self._adapter.max_pixel_count = MOST_PIXELS
        self.server.controller.rc_area_register(self._adapter)
        self.server.protocol_call("trame.rca.drop", AREA, UNSENT_AT_MOST)
        loop = asyncio.get_running_loop()

        def redraw() -> None:
            # A picture is drawn on this loop and takes longer than words do: they go first, unless the camera moves.
            if area.moves:
                self._adapter.schedule_render()
            else:
                loop.call_later(WORDS_FIRST_S, self._adapter.schedule_render)

        def later(work: Callable[[], None]) -> None:
            loop.call_later(WORDS_FIRST_S, work)

        area.redraw, self.session.later = redraw, later

    async def connect(self, send: Send) -> None:
        """The person is there; `send` is called with each message for the page."""

        async def sent(_is_binary: bool, message: bytes) -> None:
            await send(bytes(message))

        endpoint = self.server._server[self.server._server.ws_endpoints[0]]
        self._connection = await endpoint.connect()
        self._connection.on_message(sent)

    async def receive(self, message: bytes) -> None:
        """A message from the page."""
        await self._connection.send(True, Message(message))

    async def close(self) -> None:
        """The person has gone."""
        if self._adapter is not None:
            await self._adapter.close()
        self.session.area.close()
