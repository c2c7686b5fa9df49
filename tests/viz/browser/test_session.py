"""A session without a browser: the page's buttons, and what the page is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from schema.errors import BadInput
from twin.campus import Campus
from twin.topology.search import Search
from viz import gl
from viz.kinds import Kind
from viz.model import model
from viz.reading import Reading
from viz.saved import Saved
from viz.stage import Stage
from viz.states import State
from viz.viewpoints import Shelf


class Page:
    """A session, and what its page has been told."""

    def __init__(self, made: Any) -> None:
        gl.require()
        from viz.browser.asker import Asker  # noqa: PLC0415 - draws
        from viz.browser.session import Session  # noqa: PLC0415 - draws

        self.told: dict[str, Any] = {}
        self.drawn = 0
        asker = Asker(Campus.of(made.topology))
        stage = Stage(model(made.topology, made.placement), None, asker)
        self.session = Session(stage, asker, Search(made.topology.ids, None), self.told.update)
        self.session.area.redraw = self.draw

    def draw(self) -> None:
        self.drawn += 1

    def __getitem__(self, name: str) -> Any:
        return self.told[name]

    def picture(self) -> np.ndarray:
        return self.session.area.img_cols_rows[0].astype(int)

    def at(self, id_: str) -> tuple[float, float]:
        """Pixel of an asset's roof."""
        stage = self.session.stage
        found = stage.model.topology.ids.index(id_)
        x, y, _ = stage.view.project(stage.model.boxes.top(np.array([found])), *self.session.area.size)[0]
        return float(x), float(y)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        height = self.session.area.size[1]
        self.session.area.process_interaction_event({"type": kind, "x": x, "y": height - y, **more})


@pytest.fixture
def page(campus):
    shown = Page(campus)
    yield shown
    shown.session.area.close()


def test_search_choose_ask_and_reset(page):
    page.session.search("b1-m02-ups")
    assert [one["id"] for one in page["found"]] == ["B1-M02-UPS-A", "B1-M02-UPS-B"]
    page.session.do("choose", "B1-M02-UPS-A")
    assert page["panel"]["id"] == "B1-M02-UPS-A"
    assert page["panel"]["path"] == ["CAMPUS", "B1", "B1-M02"]
    assert page["panel"]["state"] == "still working"
    assert page["found"] == []
    before = page.picture()
    page.session.do("ask")
    assert page["headline"].startswith("If B1-M02-UPS-A fails: ")
    assert page["panel"]["state"] == "failed"
    assert {one["word"] for one in page["legend"]} >= {"failed", "lost", "still working"}
    assert np.abs(page.picture() - before).max() > 50
    page.session.do("choose", "B1-M02-R1-BW-A")
    assert page["panel"]["why"] == "its power needs 1 and has 0: B1-M02-UPS-A is gone"
    page.session.do("reset")
    assert page["failed"] == []
    assert page["panel"] is None
    assert page.drawn == 4


def test_words_of_an_answer_wait_neither_for_loads_nor_for_the_picture(page):
    rest: list[Any] = []
    page.session.later = rest.append
    page.session.do("choose", "B1-M02-UPS-A")
    drawn = page.drawn
    page.session.do("ask")
    assert page["headline"].startswith("If B1-M02-UPS-A fails: ")
    assert page["failed"] == ["B1-M02-UPS-A"]
    assert not page.session.asker.has_loads
    assert (page["panel"]["state"], page.drawn) == ("still working", drawn)
    (work,) = rest
    work()
    assert (page["panel"]["state"], page.drawn) == ("failed", drawn + 1)
    page.session.do("choose", "B1-M02-UPS-B")
    assert page["panel"]["id"] == "B1-M02-UPS-B", "loads that are known are told at once"


def test_counts_of_the_legend_are_those_of_the_states(page):
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("ask")
    state = page.session.stage.state
    counts = {one["word"]: int(one["count"].replace(",", "")) for one in page["legend"]}
    assert counts["lost"] == int((state == State.LOST).sum())
    assert sum(counts.values()) == len(state)


def test_loads_follow_the_failure(page):
    page.session.do("choose", "B1-M02-UPS-B")
    (power,) = page["panel"]["loads"]
    before = power["share"]
    assert 0 < before < 1
    assert power["text"].endswith(f"of 800 kW, {before:.0%}")
    page.session.do("go", "B1-M02-UPS-A")
    page.session.do("ask")
    page.session.do("choose", "B1-M02-UPS-B")
    assert page["panel"]["loads"][0]["share"] > before
    (group,) = page["panel"]["groups"]
    assert (group["what"], group["up"], group["of"], group["need"], group["reserve"]) == ("power", 1, 1, 1, 0)


def test_several_fail_and_others_are_out(page):
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("add")
    page.session.do("choose", "B1-M02-UPS-B")
    page.session.do("take_out")
    assert (page["failed"], page["out"]) == (["B1-M02-UPS-A"], ["B1-M02-UPS-B"])
    assert page["panel"]["is_out"]
    page.session.do("drop", "B1-M02-UPS-A")
    assert (page["failed"], page["out"]) == ([], ["B1-M02-UPS-B"])


def test_a_link_opens_the_same_question_and_camera(page, campus):
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("ask")
    page.session.do("press", "ArrowLeft")
    other = Page(campus)
    other.session.do("open", "?" + page["link"])
    assert other["headline"] == page["headline"]
    assert other["panel"]["id"] == "B1-M02-UPS-A"
    np.testing.assert_allclose(other.session.stage.view.position, page.session.stage.view.position, atol=0.01)
    other.session.area.close()


def test_the_link_follows_a_drag_and_the_wheel(page, campus):
    page.picture()
    for move in (
        lambda: page.mouse("MouseWheel", 300, 200, spinY=-2.0),
        lambda: (
            page.mouse("LeftButtonPress", 400, 300),
            page.mouse("MouseMove", 500, 330),
            page.mouse("LeftButtonRelease", 500, 330),
        ),
    ):
        before = page["link"]
        move()
        page.session.area._moved_at = 0.0  # as if it rested for a while
        page.picture()
        assert page["link"] != before
        other = Page(campus)
        other.session.do("open", "?" + page["link"])
        assert np.allclose(other.session.stage.view.position, page.session.stage.view.position, atol=0.01)
        other.session.area.close()


def test_a_link_with_an_unknown_asset_says_so(page):
    page.session.do("open", "?fail=NO-SUCH")
    assert page["message"].startswith("no asset 'NO-SUCH'")
    assert page["failed"] == []


@pytest.mark.parametrize("action", ["ask", "add", "take_out", "isolate", "hide", "upstream", "downstream"])
def test_without_a_selection_the_page_says_what_to_do(page, action):
    page.session.do(action)
    assert page["message"] == "select an asset first: click it, or search for it"


def test_what_the_page_never_sends_is_refused(page):
    with pytest.raises(BadInput, match="knows no action"):
        page.session.do("__init__")
    with pytest.raises(BadInput, match="does not take 2 arguments"):
        page.session.do("choose", "a", "b")


def test_a_click_selects_what_is_drawn_there_and_a_drag_does_not(page):
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("deselect")
    x, y = page.at("B1-M02-UPS-A")
    page.mouse("LeftButtonPress", x, y)
    page.mouse("LeftButtonRelease", x, y)
    assert page["panel"]["id"] == "B1-M02-UPS-A"
    view = page.session.stage.view
    page.mouse("LeftButtonPress", 400, 300)
    page.mouse("MouseMove", 460, 320)
    page.mouse("LeftButtonRelease", 460, 320)
    assert page["panel"]["id"] == "B1-M02-UPS-A"
    assert page.session.stage.view.focus == view.focus
    assert page.session.stage.view.position != view.position


def test_the_wheel_goes_further_and_keys_move(page):
    stage = page.session.stage
    view = stage.view
    page.mouse("MouseWheel", 300, 200, spinY=1.0)
    assert stage.view.metres_per_pixel(700) > view.metres_per_pixel(700)
    for key in ("ArrowLeft", "ArrowUp", "+", "-"):
        view = stage.view
        page.session.key(key)
        assert stage.view != view
    view = stage.view
    page.session.key("ArrowLeft", True)
    assert stage.view.focus != view.focus


def test_keys_ask_and_reset(page):
    page.session.do("choose", "B1-M02-UPS-A")
    for key, failed in (("f", ["B1-M02-UPS-A"]), ("r", []), ("x", [])):
        page.session.key(key)
        assert page["failed"] == failed


def test_a_narrower_picture_still_shows_what_the_wider_did(page):
    x_before, _ = page.at("B2")
    assert 0 < x_before < page.session.area.size[0]
    page.session.area.process_resize_event(390, 500)
    for id_ in ("B1", "B2", "UTIL-A"):
        x, y = page.at(id_)
        assert 0 <= x < 390
        assert 0 <= y < 500
    assert page.picture().shape == (500, 390, 3)


def test_views_are_kept_and_come_back(page):
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("ask")
    page.session.do("keep")
    view = page.session.stage.view
    page.session.do("reset")
    page.session.do("back", "View 1")
    assert page.session.stage.view == view
    assert page["failed"] == ["B1-M02-UPS-A"]
    page.session.do("back", "View 9")
    assert page["message"].startswith("there is no viewpoint 'View 9'")


def test_a_saved_scenario_is_asked_linked_and_kept(page):
    page.session.stage.scenarios = lambda: [Saved("Tuesday", ("B1-M02-UPS-A",), ("B1-M02-CDU-1",))]
    page.session.do("open", "")
    assert page["scenarios"] == ["Tuesday"]
    page.session.do("scenario", "Tuesday")
    assert (page["failed"], page["out"], page["scenario"]) == (["B1-M02-UPS-A"], ["B1-M02-CDU-1"], "Tuesday")
    assert page["detail"].startswith("Scenario Tuesday.")
    assert "scenario=Tuesday" in page["link"]
    page.session.do("keep", "then")
    assert page["kept"] == [{"name": "then", "told": "then, scenario 'Tuesday'"}]
    page.session.do("add")
    page.session.do("reset")
    assert page["scenario"] == ""
    page.session.do("open", "?scenario=Tuesday")
    assert (page["failed"], page["scenario"]) == (["B1-M02-UPS-A"], "Tuesday")
    page.session.do("scenario", "Monday")
    assert page["message"] == "there is no scenario 'Monday'; there are: Tuesday"


def test_storeys_go_apart_and_together_again(page):
    page.session.do("storeys")
    assert page["apart"]
    page.session.do("storeys")
    assert not page["apart"]
    assert page.picture().shape[2] == 3


def test_live_state_is_taken_over_and_redrawn_where_it_changes(page):
    stage = page.session.stage
    n = len(stage.model)
    values = np.full(n, np.nan)
    at = stage.model.topology.ids.index("B1-M02-UPS-A")
    values[at] = 123.4
    calm = np.full(n, State.WORKING, np.uint8)
    page.session.take(Reading(1_800_000_000.0, calm, np.zeros(n), values, values))
    assert page["live"].startswith("live, 20")
    assert page.drawn == 0, "nothing looks different"
    down = calm.copy()
    down[at] = State.FAILED
    page.session.do("choose", "B1-M02-UPS-A")
    drawn = page.drawn
    page.session.take(Reading(1_800_000_001.0, down, np.zeros(n), values, values))
    assert page.drawn == drawn + 1
    assert page["panel"]["state"] == "failed"
    assert {"what": "measured power", "text": "123.4 kW", "share": None, "over": False} in page["panel"]["loads"]
    assert "failed" in {one["word"] for one in page["legend"]}
    page.session.take(Reading(1_800_000_001.0, down, np.zeros(n), values, values, ended=True))
    assert page["live"].startswith("the live process has ended")


def test_on_foot_keys_walk_and_stop_at_cabinets(page):
    stage, area = page.session.stage, page.session.area
    page.session.do("choose", "B1-M01-R2-C05")
    page.session.key("g")
    assert page["walking"]
    assert page["message"].startswith("on foot")
    start, cabinets = stage.view.position, stage.model.of_kind(Kind.CABINET)
    for _ in range(30):
        page.session.key("w")
        away = np.abs(np.array(stage.view.position[:2]) - stage.model.boxes.base[cabinets, :2])
        assert not (away < stage.model.boxes.size[cabinets, :2] / 2).all(axis=1).any()
    assert np.linalg.norm(np.array(stage.view.position) - start) > 1
    here = stage.view.position
    page.session.key("q")
    page.mouse("LeftButtonPress", 400, 300)
    page.mouse("MouseMove", 440, 310)
    page.mouse("LeftButtonRelease", 440, 310)
    assert stage.view.position == here, "turning the head moves nobody"
    assert page.picture().shape[2] == 3
    page.session.key("g")
    assert not page["walking"]
    page.session.key("g")
    page.session.do("reset")
    assert area.walking is None


def test_a_section_is_cut_moved_and_taken_away(page):
    stage = page.session.stage
    page.session.do("choose", "B1-M01")
    before = page.picture()
    for axis in "xyz":
        page.session.key("x")
        assert stage.section.axis == axis
        assert page["section"].startswith("section: ")
        assert np.abs(page.picture() - before).max() > 50
    at_m = stage.section.at_m
    page.session.key("]")
    assert stage.section.at_m == at_m + 0.5
    page.session.key("x")
    assert page["section"] == ""
    page.session.do("move_section", 1)
    assert "X first" in page["message"]
    page.session.do("section", "w")
    assert "not 'w'" in page["message"]


def test_what_the_pointer_rests_on_is_named(page):
    page.session.do("choose", "B1-M02-UPS-A")
    page.picture()
    x, y = page.at("B1-M02-UPS-A")
    width, height = page.session.area.size
    page.session.hover(x / width, y / height)
    assert (page["hover"]["id"], page["hover"]["label"]) == ("B1-M02-UPS-A", "UPS")
    page.session.hover(0.999, 0.001)
    assert page["hover"] is None


def test_kept_views_outlive_the_session_and_are_shared(page, campus, tmp_path):
    file = tmp_path / "viewpoints.json"
    page.session.stage.shelf = Shelf.at(file)
    page.session.do("choose", "B1-M02-UPS-A")
    page.session.do("ask")
    page.session.do("keep", "UPS A gone")
    other = Page(campus)
    other.session.stage.shelf = Shelf.at(file)
    other.session.do("keep")
    page.session.do("deselect")
    assert [one["name"] for one in page["kept"]] == ["View 1", "UPS A gone"]
    other.session.do("back", "UPS A gone")
    assert other["failed"] == ["B1-M02-UPS-A"]
    assert other.session.stage.view == page.session.stage.view
    other.session.do("forget", "UPS A gone")
    page.session.do("back", "UPS A gone")
    assert page["message"].startswith("there is no viewpoint 'UPS A gone'; there are: View 1")
    other.session.area.close()


def test_the_supply_of_what_is_selected_is_followed_to_its_sources(page):
    stage = page.session.stage
    page.session.do("choose", "B1-M02-R1-C02-S01")
    ids = stage.model.topology.ids
    lines = stage.look.traced
    assert {ids[one] for one in lines.supplier.tolist()} >= {"UTIL-A", "UTIL-B", "B1-M02-UPS-A", "B1-M02-R1-BW-B"}
    assert "B1-M02-R1-C02-S01" in {ids[one] for one in lines.consumer.tolist()}
    assert "supply of what is selected" in {one["word"] for one in page["lines"]}
    with_it = page.picture()
    page.session.key("t")
    assert not page["tracing"]
    assert np.abs(page.picture() - with_it).max() > 50


def test_every_key_has_an_action_that_there_is():
    from viz.browser.keys import KEYS  # noqa: PLC0415 - draws
    from viz.browser.session import ACTIONS  # noqa: PLC0415 - draws

    assert {action for action, *_ in KEYS.values()} <= set(ACTIONS)
