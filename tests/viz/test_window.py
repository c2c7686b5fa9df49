"""The window, off-screen: it shows the viewer's picture, and what a feed brings at its next tick."""

from __future__ import annotations

import numpy as np

from viz import gl
from viz.reading import Reading
from viz.states import State
from viz.window import Window

SIZE = (1000, 640)


def test_the_window_shows_the_viewers_picture(stage):
    gl.require()
    window = Window(stage, SIZE, off_screen=True)
    window.plotter.show(auto_close=False, interactive=False)
    window.key("question")
    shot = window.plotter.screenshot(return_img=True)
    picture = window.viewer.picture()
    assert window.viewer.help
    assert (np.abs(shot.astype(int) - picture).max(axis=2) < 4).mean() > 0.99
    window.plotter.close()


def test_a_feed_reaches_the_window_at_its_next_tick(stage):
    gl.require()
    n = len(stage.model)
    state = np.full(n, State.WORKING, np.uint8)
    state[7] = State.FAILED

    class Once:
        sent = False

        def poll(self):
            if self.sent:
                return None
            self.sent = True
            unmeasured = np.full(n, np.nan)
            return Reading(0.0, state=state, since_s=np.zeros(n), power_kw=unmeasured, inlet_c=unmeasured)

    window = Window(stage, SIZE, Once(), off_screen=True)
    window.tick()
    assert stage.state[7] == State.FAILED
    window.plotter.close()
