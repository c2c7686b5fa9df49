"""Snapshots that others open without the twin: one page of HTML that needs no network, and glTF.

Both hold what the picture shows: spaces, equipment and cabinets in the colour of their state, what stands in the
cabinets of affected modules, supply lines, and who everything is.
"""

from __future__ import annotations

import base64
import gzip
import html
import importlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from schema.errors import BadInput
from viz.annotate import Frame, written_labels
from viz.boxes import Boxes, Floats, Indices
from viz.browser.facts import lines
from viz.colour import BANDS
from viz.files import written
from viz.images import band_url, mark_url, swatch_url
from viz.kinds import Kind
from viz.lines import Fate, line_palette, segments
from viz.look import Look
from viz.mesh import FACES, SHADE, tube_boxes
from viz.model import Model
from viz.panel import ORDER
from viz.picture import LABELS_AT_MOST
from viz.scene import DASH_WIDTHS, FLOOR_M, GROUND, LINE_SHARE, PLATE_M, pads
from viz.states import BAND, FLOOR, GHOST_FLOOR, INK, PAD, STYLES, State
from viz.words import Tally, Texts, breakdown, tally

if TYPE_CHECKING:
    from viz.stage import Stage

NOBODY: Final = -1
LIFT_M: Final = 0.1


@dataclass(frozen=True)
class Piece:
    """Boxes of one class: geometry, texels uint8[k, 4] as in `states.palette`, and the asset of each or −1."""

    name: str
    boxes: Boxes
    texels: NDArray[np.uint8]
    asset: Indices


def pieces(model: Model, look: Look) -> list[Piece]:
    """What a snapshot holds, class by class."""
    boxes, focus = model.boxes, look.focus
    found: list[Piece] = []

    def add(name: str, index: Indices, codes: NDArray[np.uint8], height: float = 0.0, lift: float = 0.0) -> None:
        if len(index):
            size, base = boxes.size[index].copy(), boxes.base[index].copy()
            if height:
                size[:, 2] = height
            base[:, 2] += lift
            one = np.ones(len(index), np.bool_)
            found.append(Piece(name, Boxes(base, size, boxes.turn[index], one, one), look.palette[codes[index]], index))

    shells = model.of_kind(Kind.BUILDING)
    if len(shells):
        ground = pads(model)
        base, size = ground.base[shells], ground.size[shells]
        one = np.ones(len(shells), np.bool_)
        code = np.full(len(shells), PAD, np.uint8)
        found.append(Piece("grounds", Boxes(base, size, boxes.turn[shells], one, one), look.palette[code], shells))
    floor = np.where(focus, np.uint8(FLOOR), np.uint8(GHOST_FLOOR))
    ghost = np.full(len(model), State.GHOST, np.uint8)
    spaces = model.floors
    visible = focus[spaces] | (boxes.base[spaces, 2] <= look.lowest_m + 1.0)
    add("floors", spaces[visible], floor, FLOOR_M)
    equipment = model.of_kind(Kind.EQUIPMENT)
    add("equipment", equipment[focus[equipment]], look.shown)
    flat = equipment[~focus[equipment]]
    add("elsewhere", flat[boxes.base[flat, 2] <= look.lowest_m + 1.2], ghost, PLATE_M, LIFT_M)
    cabinets = model.of_kind(Kind.CABINET)
    cabinets = cabinets[focus[cabinets]]
    add("cabinets", cabinets[~look.opened[cabinets]], look.shown)
    racked = model.racked
    add("in cabinets", racked[look.opened[model.parent[racked]]], look.shown)
    found += _lines(model, look)
    return found


def _lines(model: Model, look: Look) -> list[Piece]:
    texels, found = line_palette(), list[Piece]()
    for fate, share in LINE_SHARE.items():
        chosen = look.lines.where(look.lines.fate == fate)
        if len(chosen):
            bars = segments(model.boxes, chosen).reshape(-1, 2, 3)
            tubes = tube_boxes(bars, np.full(len(bars), look.line_m * share, np.float32))
            code = np.repeat(int(fate) * 6 + chosen.type, 4)
            nobody = np.full(len(bars), NOBODY, np.int64)
            found.append(Piece(f"lines {Fate(fate).name.lower()}", tubes, texels[code], nobody))
    return found


# HTML


def save_html(file: Path, stage: Stage) -> Path:
    """Write the scene as one page of HTML: turn, move, come nearer, click. It asks no server and no network."""
    if file.suffix.lower() not in {".html", ".htm"}:
        raise BadInput(f"{file}: a page is written as .html")
    model, look, view, names = stage.model, stage.look, stage.view, stage.names
    words, count = stage.told(), tally(model.topology, stage.state)
    held = pieces(model, look)
    floats = np.concatenate(
        [np.concatenate([p.boxes.base, p.boxes.size, p.boxes.turn[:, None]], axis=1) for p in held]
    ).astype("<f4")
    texels = np.concatenate([p.texels for p in held])
    asset = np.concatenate([p.asset for p in held])
    named = [_said(model, names, look, one) if one >= 0 else "" for one in asset.tolist()]
    low, high = model.boxes.bounds(model.placed)
    scene = {
        "count": len(asset),
        "lines_from": int((asset >= 0).sum()),
        "low": low.min(axis=0).tolist(),
        "high": high.max(axis=0).tolist(),
        "eye": view.position,
        "focus": view.focus,
        "angle_deg": view.angle_deg,
        "ground": GROUND,
        "light": SHADE.tolist(),
        "ink": INK,
        "dash_m": look.line_m * DASH_WIDTHS,
        "labels": _labels(stage),
    }
    text = (files("viz") / "page" / "snapshot.html").read_text(encoding="utf-8")
    for mark, value in (
        ("{{title}}", html.escape(words[0])),
        ("{{detail}}", html.escape(words[1])),
        ("{{legend}}", _legend(look, count)),
        ("{{lines}}", _strokes(stage)),
        ("{{scene}}", json.dumps(scene).replace("</", "<\\/")),
        ("{{boxes}}", _packed(floats.tobytes())),
        ("{{texels}}", _packed(texels.tobytes())),
        ("{{names}}", _packed("\n".join(named).encode())),
    ):
        text = text.replace(mark, value)
    with written(file) as part:
        part.write_text(text, encoding="utf-8")
    return file


def _labels(stage: Stage) -> list[dict[str, Any]]:
    """What the labels of the picture say, and of which point of the campus; the most important first."""
    notes = stage.verdict.notes if stage.verdict is not None else dict[int, str]()
    wide = round(stage.height * stage.aspect)
    frame = Frame(stage.model, stage.names, stage.state, stage.view, wide, stage.height, stage.section)
    chosen = sorted(written_labels(frame, notes), key=lambda one: -one.priority)[:LABELS_AT_MOST]
    return [
        {
            "at": one.point,
            "text": one.text,
            "detail": one.detail,
            "bold": one.bold,
            "mark": mark_url(one.state) if STYLES[one.state].mark else "",
        }
        for one in chosen
    ]


def _strokes(stage: Stage) -> str:
    """What the lines mean, as items of a list."""
    return "".join(
        f'<li><i class="{one["stroke"]}" style="border-color: {one["colour"]}"></i>{html.escape(one["word"])}</li>'
        for one in lines(stage)
    )


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode()


def _said(model: Model, names: Texts | None, look: Look, asset: int) -> str:
    """Id, label, name and state of an asset, on one line."""
    id_ = model.topology.ids[asset]
    name = names[asset] if names is not None else ""
    parts = [id_, model.label_of(asset), name if name != id_ else "", STYLES[State(int(look.state[asset]))].word]
    return " · ".join(" ".join(part.split()) for part in parts if part)


def _legend(look: Look, count: Tally) -> str:
    """Samples with their hatches, words and counts, as items of a list."""
    rows: list[tuple[str, str, str, int, str]] = []
    if look.banded in BANDS and look.own is not None:
        counts = np.bincount(look.own, minlength=256)
        rows += [
            (band_url(band.fill, band.pattern), "", band.text, int(counts[BAND + number]), "")
            for number, band in enumerate(BANDS[look.banded])
        ]
    else:
        for state in ORDER:
            held = count.by_state.get(state)
            if held:
                mark = mark_url(state) if STYLES[state].mark else ""
                rows.append((swatch_url(state), mark, STYLES[state].word, sum(held.values()), breakdown(held, 3)))
    return "".join(
        f'<li><img alt="" src="{sample}"><b>{html.escape(word)}{_mark(mark)}</b><span>{many:,}</span>'
        f"<small>{html.escape(detail)}</small></li>"
        for sample, mark, word, many, detail in rows
    )


def _mark(url: str) -> str:
    return f' <img class="mark" alt="" src="{url}">' if url else ""


# glTF


def save_gltf(file: Path, model: Model, look: Look) -> Path:
    """Write the scene as glTF 2.0: binary for .glb, JSON with its data inside for .gltf; y up, metres.

    One mesh for each class, coloured by vertex; hatches are not in it.
    """
    trimesh: Any = importlib.import_module("trimesh")  # untyped, and only here
    exchange: Any = importlib.import_module("trimesh.exchange.gltf")
    kind = file.suffix.lower()
    if kind not in {".glb", ".gltf"}:
        raise BadInput(f"{file}: glTF is written as .glb or .gltf")
    scene: Any = trimesh.Scene()
    for piece in pieces(model, look):
        mesh: Any = trimesh.Trimesh(
            vertices=_upright(piece.boxes.corners()[:, FACES.ravel()].reshape(-1, 3)),
            faces=_triangles(len(piece.boxes)),
            vertex_colors=_shaded(piece.texels),
            process=False,
        )
        scene.add_geometry(mesh, node_name=piece.name, geom_name=piece.name)
    with written(file) as part:
        if kind == ".glb":
            part.write_bytes(exchange.export_glb(scene))
        else:
            part.write_bytes(exchange.export_gltf(scene, merge_buffers=True, embed_buffers=True)["model.gltf"])
    return file


def _upright(points: Floats) -> Floats:
    """From z up to y up."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def _triangles(count: int) -> NDArray[np.int64]:
    """Two triangles for each of the five faces of each box."""
    quads = np.arange(count * len(FACES) * 4).reshape(-1, 4)
    return quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)


def _shaded(texels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A colour for each corner of each face, with the light of the picture in it."""
    lit = texels[:, None, :3] * SHADE[None, :, None]
    colours = np.full((len(texels), len(FACES), 4, 4), 255, np.uint8)
    colours[..., :3] = lit[:, :, None, :].round()
    return colours.reshape(-1, 4)
