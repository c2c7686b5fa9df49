"""Snapshots for others: glTF is what its name says, the page needs no network, a film has its frames."""

from __future__ import annotations

import base64
import gzip
import json
import re
import struct
import subprocess

import numpy as np
import pytest

import viz
from schema.errors import BadInput, TwinError
from twin.impact.impact import impact
from twin.impact.question import Question
from twin.impact.settle import settle_base
from viz import film
from viz.film import encoder
from viz.kinds import Kind
from viz.snapshot import pieces
from viz.states import STYLES, State


@pytest.fixture(scope="module")
def drawing(campus):
    topology = campus.topology
    failed = (topology.ids.index("B1-M02-UPS-A"), topology.ids.index("B1-M02-UPS-B"))
    answer = impact(Question(failed=failed), settle_base(topology, ()))
    return viz.Drawing(topology, campus.placement, answer=answer, size=(800, 500))


def test_a_glb_is_binary_and_holds_every_piece(drawing, tmp_path):
    data = viz.save_gltf(tmp_path / "campus.glb", drawing).read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON"
    document = json.loads(data[20 : 20 + size])
    stage = drawing.stage()
    names = {piece.name for piece in pieces(stage.model, stage.look)}
    assert {mesh["name"] for mesh in document["meshes"]} == names
    assert {"equipment", "in cabinets"} <= names
    for mesh in document["meshes"]:
        assert {"POSITION", "COLOR_0"} <= set(mesh["primitives"][0]["attributes"])


def test_a_gltf_is_json_with_its_data_inside_and_y_up(drawing, tmp_path):
    document = json.loads(viz.save_gltf(tmp_path / "campus.gltf", drawing).read_text())
    assert document["asset"]["version"] == "2.0"
    assert all(buffer["uri"].startswith("data:") for buffer in document["buffers"])
    position = {
        mesh["primitives"][0]["attributes"]["POSITION"] for mesh in document["meshes"] if mesh["name"] == "equipment"
    }
    (accessor,) = (document["accessors"][number] for number in position)
    stage = drawing.stage()
    bodies = np.flatnonzero(stage.look.focus & (stage.model.kind == Kind.EQUIPMENT))
    low, high = stage.model.boxes.bounds(bodies)
    assert accessor["min"][1] == pytest.approx(low[:, 2].min(), abs=1e-3)
    assert accessor["max"][1] == pytest.approx(high[:, 2].max(), abs=1e-3)


def test_a_page_holds_every_box_its_colour_and_its_name_and_asks_no_network(drawing, tmp_path):
    text = viz.save_html(tmp_path / "campus.html", drawing).read_text()
    assert "{{" not in text
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", text)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)

    def held(name):
        return gzip.decompress(base64.b64decode(re.search(rf'id="{name}">([^<]*)<', text)[1]))

    scene = json.loads(re.search(r'id="json">(.*?)</script>', text, re.DOTALL)[1])
    boxes = np.frombuffer(held("boxes"), "<f4").reshape(-1, 7)
    texels = np.frombuffer(held("texels"), np.uint8).reshape(-1, 4)
    names = held("names").decode().split("\n")
    assert len(boxes) == len(texels) == len(names) == scene["count"]
    (at,) = (i for i, name in enumerate(names) if name.startswith("B1-M02-UPS-A ·"))
    assert names[at].endswith("failed")
    assert texels[at, :3].tolist() == list(STYLES[State.FAILED].fill)
    assert names[scene["lines_from"] :] == [""] * (scene["count"] - scene["lines_from"])


def test_text_of_a_source_cannot_break_out_of_the_page(campus, tmp_path):
    class Names:
        def __getitem__(self, _):
            return '</script><script>alert("x")</script>\nnext'

    drawing = viz.Drawing(campus.topology, campus.placement, Names())
    text = viz.save_html(tmp_path / "campus.html", drawing).read_text()
    assert 'alert("x")' not in text


@pytest.mark.parametrize(("save", "name"), [(viz.save_gltf, "x.obj"), (viz.save_html, "x.png")])
def test_a_name_of_another_kind_is_refused(drawing, tmp_path, save, name):
    with pytest.raises(BadInput, match="is written as"):
        save(tmp_path / name, drawing)
    assert not list(tmp_path.iterdir())


def test_a_walk_is_a_film_of_its_length(drawing, campus, tmp_path):
    target = campus.topology.ids.index("B1-M02-R1-C05-S01")
    steps = []
    file = viz.save_walk(
        tmp_path / "walk.mp4", drawing, target, seconds=0.5, progress=lambda *said: steps.append(said[1:])
    )
    assert steps[-1] == (12, 12)
    told = subprocess.run([encoder(), "-i", str(file), "-f", "null", "-"], capture_output=True, text=True, check=True)
    assert re.search(r"frame=\s*12\b", told.stderr)
    assert "800x500" in told.stderr


def test_a_walk_to_what_nothing_supplies_names_it(drawing, campus, tmp_path):
    with pytest.raises(BadInput, match="nothing here supplies UTIL-A"):
        viz.save_walk(tmp_path / "walk.mp4", drawing, campus.topology.ids.index("UTIL-A"), seconds=0.5)
    assert not list(tmp_path.iterdir())


def test_without_an_encoder_one_line_says_what_to_install(drawing, tmp_path, monkeypatch):
    monkeypatch.setattr(film.shutil, "which", lambda _: None)
    monkeypatch.setattr(film.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TwinError, match=r"apt-get install -y ffmpeg, or pip install 'campus-twin\[film\]'"):
        viz.save_walk(tmp_path / "walk.mp4", drawing, 0)
