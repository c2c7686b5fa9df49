"""From what a person writes to an asset: its id, or a unique global_id, serial or name."""

from __future__ import annotations

from collections.abc import Callable

from schema.errors import AmbiguousAsset, UnknownAsset
from twin.topology.model import Topology
from twin.topology.store import Details
from twin.topology.strings import Ids
from twin.words import clipped, is_text

SHOWN = 5


def find(topology: Topology, details: Callable[[], Details | None], text: str) -> int:
    """The index of the asset.

    Raises UnknownAsset, with near matches, and AmbiguousAsset, with the ids. `details` is called only where no id
    is equal.
    """
    if not is_text(text):
        raise UnknownAsset(f"no asset {clipped(text)}: that is no text in UTF-8")
    number = topology.ids.index(text)
    if number is not None:
        return number
    known = details()
    tables = (known.global_id, known.serial, known.name) if known and text else ()
    found = {asset for table in tables for asset in table.equal(text)}
    if len(found) == 1:
        return found.pop()
    if found:
        ids = sorted(topology.ids[asset] for asset in found)
        more = f" and {len(ids) - 2 * SHOWN} more" if len(ids) > 2 * SHOWN else ""
        raise AmbiguousAsset(f"{clipped(text)} names {len(ids)} assets: {', '.join(ids[: 2 * SHOWN])}{more}")
    near = near_ids(topology.ids, text)
    raise UnknownAsset(f"no asset {clipped(text)}" + (f"; near: {', '.join(near)}" if near else ""))


def near_ids(ids: Ids, text: str) -> list[str]:
    """Up to `SHOWN` ids that look like a text: neighbours in the order of ids, and those that hold it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is not found

    place = ids.place(text)
    reach = 2_000
    nearby = ids.many(ids.order[max(0, place - reach) : place + reach])
    wanted = text.casefold().encode()
    whole = ids.buffer.tobytes().lower()
    at = whole.find(wanted) if wanted else -1
    while at >= 0 and len(nearby) < 2 * reach + 200:
        nearby.append(ids[int(ids.offsets.searchsorted(at, side="right")) - 1])
        at = whole.find(wanted, at + len(wanted))
    folded: dict[str, str] = {}
    for candidate in nearby:
        folded.setdefault(candidate.casefold(), candidate)
    close = get_close_matches(text.casefold(), folded, n=SHOWN, cutoff=0.6)
    inside = [key for key in folded if text.casefold() in key and key not in close]
    return [folded[key] for key in (*close, *sorted(inside))][:SHOWN]
