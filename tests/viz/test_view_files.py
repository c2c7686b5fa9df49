"""Snapshots for others: glTF is what its name says, the page needs no network, a film has its frames."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
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
from viz.labels import overlaps
from viz.snapshot import pieces
from viz.states import STYLES, State

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
BOXES = """() => [...document.querySelectorAll('.label')].filter(one => one.style.display !== 'none').map(one => {
    const box = one.getBoundingClientRect();
    const text = one.firstElementChild ? one.childNodes[1].textContent : one.textContent;
    return [text, box.left, box.top, box.right, box.bottom];
})"""


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


def test_a_page_labels_what_failed_and_what_is_lost_at_its_place(drawing, tmp_path):
    text = viz.save_html(tmp_path / "campus.html", drawing).read_text()
    scene = json.loads(re.search(r'id="json">(.*?)</script>', text, re.DOTALL)[1])
    stage = drawing.stage()
    labels = {one["text"]: one for one in scene["labels"]}
    for ups in ("B1-M02-UPS-A", "B1-M02-UPS-B"):
        top = stage.model.boxes.top(np.array([stage.model.topology.ids.index(ups)]))[0]
        assert labels[ups]["at"] == pytest.approx(top.tolist())
        assert labels[ups]["bold"]
        assert labels[ups]["mark"].startswith("data:image/png")
        assert labels[ups]["detail"].endswith("failed")
    assert any(re.fullmatch(r"[\d,]+ servers lost", one) for one in labels)
    assert "If B1-M02-UPS-A and B1-M02-UPS-B fail: " in text
    legend = re.sub(r"<[^>]+>", " ", re.search(r"<aside>(.*?)</aside>", text, re.DOTALL)[1])
    for state in (State.FAILED, State.LOST):
        assert re.search(rf"{STYLES[state].word} +{int((stage.state == state).sum()):,} ", legend)
    assert "line that no longer supplies" in legend


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium libatomic1")
def test_labels_of_a_page_neither_overlap_nor_leave_the_picture_as_it_turns(drawing, tmp_path):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    file = viz.save_html(tmp_path / "campus.html", drawing)
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 900, "height": 600})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-ready=yes]", timeout=60_000)
        before = None
        for key in ("", "ArrowRight", "ArrowUp"):
            if key:
                page.focus("canvas")
                page.keyboard.press(key)
                page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
            boxes = page.evaluate(BOXES)
            assert {"B1-M02-UPS-A", "B1-M02-UPS-B"} <= {text for text, *_ in boxes}
            assert boxes != before
            before = boxes
            for number, (text, left, top, right, bottom) in enumerate(boxes):
                assert left >= 0, text
                assert right <= 900 - 280, text
                assert bottom <= 600, text
                for other, *box in boxes[:number]:
                    assert not overlaps((left, top, right, bottom), tuple(box)), (text, other)
        browser.close()
    assert not errors


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
