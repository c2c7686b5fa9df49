"""What stands around the scene in the view: title, legend, the panel of the selected asset, the plan, the keys."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from viz.keys import HELP
from viz.panel import Plan, plan
from viz.picture import around, core
from viz.stage import Stage
from viz.text import INK, MUTED, PANEL, RULE, fit, wrap, write
from viz.words import tally

Rect = tuple[int, int, int, int]
LINE_PX: Final = 17
HINT: Final = "? shows all keys"


class Hud:
    """The page around the scene of a stage, drawn again only when something that it shows has changed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._key: tuple[object, ...] = ()
        self._page: NDArray[np.uint8] = np.zeros((1, 1, 3), np.uint8)

    def page(self, size: tuple[int, int], area: Rect, *, live: bool = True) -> NDArray[np.uint8]:
        """A copy of the page, uint8[height, width, 3]; the last one, if not `live` and the size is the same."""
        if live or self._page.shape[:2] != (size[1], size[0]):
            key = self._what(size)
            if key != self._key:
                self._page, self._key = self._draw(size, area), key
        return self._page.copy()

    def _what(self, size: tuple[int, int]) -> tuple[object, ...]:
        stage = self._stage
        moment = int(stage.reading.at_s) if stage.reading else 0
        fates = tuple(np.unique(stage.look.lines.fate).tolist())
        return (
            size, stage.selected, stage.colour, moment, stage.state.tobytes(), fates, stage.section,
            len(stage.hidden_roots), stage.isolated, stage.look.servers,
        )  # fmt: skip

    def _draw(self, size: tuple[int, int], area: Rect) -> NDArray[np.uint8]:
        stage, (width, height) = self._stage, size
        image = Image.new("RGB", size, PANEL)
        count = tally(stage.model.topology, stage.state)
        headline, detail = stage.words()
        free = around(image, area, (headline, self._circumstances(detail)), count, stage.look, None)
        canvas = ImageDraw.Draw(image)
        left = area[2]
        canvas.line((left, area[1], left, height), fill=RULE)
        if stage.selected is not None:
            self._panel(canvas, (left + 16, free + 24, width - 12, height - 24))
        else:
            plan(
                image,
                (left, free, width, height - 30),
                Plan(stage.flat, stage.look, stage.state, core(stage.flat, stage.look)),
            )
        write(canvas, (left + 16, height - 10), HINT, 11, colour=MUTED)
        return np.array(image)

    def _circumstances(self, detail: str) -> str:
        """What else the picture depends on: the moment, the section, what is hidden."""
        stage = self._stage
        said = [detail] if detail else []
        if stage.reading is not None:
            said.append(f"Live state: {stage.reading.told()}.")
        if stage.section is not None:
            said.append(stage.section.words + ".")
        if stage.isolated is not None:
            said.append(f"Only {stage.model.topology.ids[stage.isolated]} is shown; R shows all.")
        if stage.hidden_roots:
            said.append(f"{len(stage.hidden_roots)} hidden; R shows all.")
        return "  ".join(said)

    def _panel(self, canvas: ImageDraw.ImageDraw, area: Rect) -> None:
        stage = self._stage
        x, y, right, bottom = area
        lines = stage.panel(stage.selected) if stage.selected is not None else []
        for number, line in enumerate(lines):
            first, indent = number == 0, 10 if line.startswith(" ") else 0
            size, colour = (14 if first else 11), (MUTED if indent else INK)
            for part in wrap(line.strip(), size, right - x - indent, 3, bold=first):
                if y > bottom - LINE_PX:
                    write(canvas, (x, y), "…", 11, colour=MUTED)
                    return
                write(canvas, (x + indent, y), part, size, colour=colour, bold=first)
                y += LINE_PX
            y += 4 if first else 0

    def help(self, image: Image.Image, area: Rect) -> None:
        """The keys and what they do, over the scene."""
        left, top, right, bottom = area
        rows = -(-len(HELP) // 2)
        wide, tall = min(760, right - left - 40), rows * 21 + 56
        x, y = left + (right - left - wide) // 2, top + max(10, (bottom - top - tall) // 2)
        canvas = ImageDraw.Draw(image)
        canvas.rounded_rectangle((x, y, x + wide, y + tall), 6, fill=PANEL, outline=INK)
        write(canvas, (x + 18, y + 27), "Keys", 15, bold=True)
        write(canvas, (x + wide - 18, y + 27), "? closes", 11, colour=MUTED, anchor="rs")
        for number, (keys, text) in enumerate(HELP):
            cx = x + 18 + (number // rows) * (wide // 2)
            cy = y + 56 + (number % rows) * 21
            write(canvas, (cx, cy), keys, 12, bold=True)
            write(canvas, (cx + 92, cy), fit(text, 12, wide // 2 - 112), 12)
