"""A link that carries a question and a camera: what one person sees, another opens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from viz.camera import View

MOST_IDS = 200


@dataclass(frozen=True)
class Link:
    """What a link says: ids that fail, ids that are out, the asset looked at, where from, and the saved scenario."""

    failed: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    at: str = ""
    camera: tuple[float, ...] = ()
    scenario: str = ""

    def query(self) -> str:
        """The link as the query of an address, without the question mark."""
        pairs = [("fail", one) for one in self.failed] + [("out", one) for one in self.out]
        if self.scenario:
            pairs.append(("scenario", self.scenario))
        if self.at:
            pairs.append(("at", self.at))
        if self.camera:
            pairs.append(("camera", ",".join(f"{part:.2f}" for part in self.camera)))
        return urlencode(pairs)

    def view(self, like: View) -> View | None:
        """The camera of the link, or None where it has none."""
        if not self.camera:
            return None
        return View(self.camera[:3], self.camera[3:], like.angle_deg, like.aspect)  # pyright: ignore[reportArgumentType]


def read(query: str) -> Link:
    """Read the query of an address; what is no camera is left out."""
    found = parse_qs(query.removeprefix("?"), max_num_fields=2 * MOST_IDS)
    return Link(
        failed=tuple(found.get("fail", ())),
        out=tuple(found.get("out", ())),
        at=found.get("at", [""])[0],
        camera=_camera(found.get("camera", [""])[0]),
        scenario=found.get("scenario", [""])[0],
    )


def camera_of(view: View) -> tuple[float, ...]:
    """Position and focus, six numbers in metres."""
    return (*view.position, *view.focus)


def _camera(text: str) -> tuple[float, ...]:
    try:
        parts = tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()
    apart = len(parts) == 6 and all(map(math.isfinite, parts)) and _distance(parts[:3], parts[3:]) > 0.01
    return parts if apart else ()


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return math.dist(one, other)
