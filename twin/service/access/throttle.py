"""How often: requests of a user, questions that take long, guesses of a password."""

from __future__ import annotations

import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from schema.errors import BadInput

RATE: Final = "400/second"
HEAVY: Final = parse("120/minute")
"""Scans, Cypher, exports, imports: each may take seconds."""
GUESSES_OF_ADDRESS: Final = parse("20/minute")
GUESSES_OF_USER: Final = parse("50/15minute")
"""More than a person mistypes, and too few to guess a password of twelve characters by."""


class TooMany(Exception):
    """Too often; `after_s`: when to try again."""

    def __init__(self, limit: RateLimitItem, after_s: float) -> None:
        self.after_s = max(1, math.ceil(after_s))
        super().__init__(f"more than {limit}; try again in {self.after_s} s")


class Throttle:
    """Counts in memory, for one server process."""

    def __init__(self, rate: str = "") -> None:
        try:
            self._rate = parse(rate or RATE)
        except ValueError:
            raise BadInput(f"--rate {rate!r}: expected such as 400/second or 6000/minute") from None
        self._counts = FixedWindowRateLimiter(MemoryStorage())

    def request(self, who: str) -> None:
        """Count a request. Raises TooMany."""
        self._count(self._rate, "request", who)

    def heavy(self, who: str) -> None:
        """Count a question that takes long. Raises TooMany."""
        self._count(HEAVY, "heavy", who)

    def before_guess(self, user: str, address: str) -> None:
        """Raise TooMany where too many passwords were wrong, before one more is looked at."""
        for limit, key in _guesses(user, address):
            if not self._counts.test(limit, *key):
                self._refuse(limit, *key)

    def wrong_guess(self, user: str, address: str) -> None:
        """Count a wrong password."""
        for limit, key in _guesses(user, address):
            self._counts.hit(limit, *key)

    def _count(self, limit: RateLimitItem, *key: str) -> None:
        if not self._counts.hit(limit, *key):
            self._refuse(limit, *key)

    def _refuse(self, limit: RateLimitItem, *key: str) -> None:
        raise TooMany(limit, self._counts.get_window_stats(limit, *key).reset_time - time.time())


def _guesses(user: str, address: str) -> list[tuple[RateLimitItem, tuple[str, str]]]:
    return [
        (GUESSES_OF_ADDRESS, ("address", network(address))),
        (GUESSES_OF_USER, ("user", user.casefold()[:100])),
    ]


def network(address: str) -> str:
    """What counts as one address: of IPv6 the 64 bits that a subscriber is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
