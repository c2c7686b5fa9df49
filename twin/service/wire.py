"""Messages between the front server and the process of one person, over a pair of connected sockets.

Each is its length (4 bytes, big-endian) and its bytes. The first towards the process says which campus; the first from
it, that the picture is ready, and of which version of the topology. All others are the browser's and trame's own.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Wire:
    """One end of a pair of sockets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def of(cls, end: socket.socket) -> Wire:
        """Take over a connected socket."""
        return cls(*await asyncio.open_connection(sock=end))

    async def send(self, message: bytes) -> bool:
        """Send one message; waits while the other end is behind. False where it has gone."""
        try:
            self.writer.write(len(message).to_bytes(4, "big") + message)
            await self.writer.drain()
        except OSError:
            return False
        return True

    async def receive(self) -> bytes | None:
        """The next message, or None where the other end has gone."""
        try:
            size = int.from_bytes(await self.reader.readexactly(4), "big")
            if size > MOST_BYTES:
                return None
            return await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Close this end."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:  # the other end has gone with something unread
            return
