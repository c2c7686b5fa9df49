"""Feeds: where points come from. MQTT, the simulator and the replay of history look the same from here."""

from __future__ import annotations

from typing import Protocol

from twin.live.points import Receive


class Feed(Protocol):
    """Something that delivers batches until it ends or is closed, from a thread of its own.

    It looks ids up in the keeper's `Directory` and holds the directory's lock until its batch is taken.
    """

    error: Exception | None
    """What ended it before its time, where something did."""

    @property
    def name(self) -> str:
        """How people call it: `mqtt://host:1883`, `simulator`, `replay`."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more: closed, or at the end of what is replayed."""
        ...

    def start(self, receive: Receive) -> None:
        """Begin to deliver; called once.

        Raises Unreachable where the source cannot be reached, and BadInput where it makes no sense.
        """
        ...

    def close(self) -> None:
        """Stop delivering and wait for the thread; may be called more than once."""
        ...
