"""The link that carries a question and a camera."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.browser.link import Link, camera_of, read
from viz.camera import View

IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), max_size=5)


@given(IDS, IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_any_question_comes_back_from_its_link(failed, out, at):
    link = Link(tuple(failed), tuple(out), at, (1.0, 2.5, 3.0, 4.0, 5.0, -6.25))
    assert read("?" + link.query()) == link


@pytest.mark.parametrize("camera", ["", "1,2,3", "a,b,c,d,e,f", "1,1,1,1,1,1", "nan,0,0,1,1,1", "inf,0,0,1,1,1"])
def test_what_is_no_camera_is_left_out(camera):
    assert read(f"?camera={quote(camera)}").camera == ()


def test_a_camera_comes_back_with_the_angle_of_the_page():
    view = View((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 22.0, 1.6)
    assert Link(camera=camera_of(view)).view(View((0, 0, 1), (0, 0, 0), 30.0, 2.0)) == View(
        (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 30.0, 2.0
    )
