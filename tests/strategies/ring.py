"""Random halls on a ring of boards and a plant of chillers, where pairs move load that singles leave in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .campus import Records

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def rings(draw: Draw) -> Records:
    """A ring of three or four boards, two to four chillers, one to three halls; two paths and a module of any parts."""
    found, boards = Records(), [f"B{n}" for n in range(draw(st.integers(3, 4)))]
    _ring(draw, found, boards)
    chillers = [f"C{n}" for n in range(draw(st.integers(2, 4)))]
    for chiller in chillers:
        _asset(found, chiller, "Chiller", draw_kw=draw(st.sampled_from((0.0, 2.0))))
        _supply(found, chiller, "FEEDS", _some(draw, boards, 1, 2))
    need = draw(st.integers(1, len(chillers)))
    for number in range(draw(st.integers(1, 3))):
        for server in _hall(draw, found, number, boards):
            _supply(found, server, "COOLS", chillers, need=need)
    places = found.ids
    for path in ("P", "Q"):
        _asset(found, path, "PowerPath")
        _link(found, "PART_OF", [(part, path) for part in _some(draw, places, 0, 3)])
    _asset(found, "M", "Module")
    _link(found, "CONTAINS", [("M", held) for held in _some(draw, places, 0, 3)])
    return found


def _ring(draw: Draw, found: Records, boards: list[str]) -> None:
    _asset(found, "U", "UtilityFeed")
    _asset(found, "V", "UtilityFeed")
    _asset(found, "G", "Generator", standby=draw(st.booleans()))
    for number, board in enumerate(boards):
        _asset(found, board, "Switchboard", efficiency=draw(st.sampled_from((1.0, 0.95))))
        neighbours = [boards[number - 1], boards[(number + 1) % len(boards)]]
        is_tied = draw(st.integers(0, 5)) > 0
        _supply(found, board, "FEEDS", [["U"], [], ["V"], ["G"]][number] + neighbours[: 2 if is_tied else 1])


def _hall(draw: Draw, found: Records, number: int, boards: list[str]) -> list[str]:
    """Two UPS, and servers with a cord to each, which are returned."""
    ups = [f"{number}UA", f"{number}UB"]
    for one in ups:
        _asset(found, one, "UPS", efficiency=draw(st.sampled_from((1.0, 0.9))))
        _supply(found, one, "FEEDS", _some(draw, boards, 1, 3))
    servers = [f"{number}S{n}" for n in range(draw(st.integers(1, 3)))]
    for server in servers:
        _asset(found, server, "Server", draw_kw=draw(st.sampled_from((4.0, 6.0, 9.0))))
        _supply(found, server, "FEEDS", ups, policy=draw(st.sampled_from(("share", "share", "transfer"))))
    return servers


def _some(draw: Draw, values: list[str], least: int, most: int) -> list[str]:
    return draw(st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True))


def _asset(found: Records, name: str, label: str, **stated: Any) -> None:
    found.assets.append({"id": name, "label": label, **stated})


def _supply(found: Records, owner: str, kind: str, suppliers: list[str], **stated: Any) -> None:
    found.relationships += [{"source_id": one, "type": kind, "target_id": owner, **stated} for one in suppliers]


def _link(found: Records, kind: str, ends: list[tuple[str, str]]) -> None:
    found.relationships += [{"source_id": one, "type": kind, "target_id": other} for one, other in ends]
