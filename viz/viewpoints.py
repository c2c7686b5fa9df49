"""Saved viewpoints: camera, question, scenario, filters and the time of the state, on disk beside the graph.

The window and everybody in a browser share them.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from schema.errors import BadInput
from twin.graph.local.files import locked
from viz.camera import View
from viz.files import written
from viz.reading import clock
from viz.section import Section

FILE: Final = "viewpoints.json"
NAME_AT_MOST: Final = 80


@dataclass(frozen=True)
class Viewpoint:
    """A view to come back to; assets by id.

    scenario: name of the saved one whose question it asks, else empty. state_s: time of the live state that it was
    saved in, or None.
    """

    name: str
    view: View
    failed: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    isolated: str | None = None
    selected: str | None = None
    colour: str = "state"
    section: Section | None = None
    exploded: bool = False
    scenario: str = ""
    state_s: float | None = None

    def told(self) -> str:
        """Name, the scenario that it asks, and the time of the state that it was saved in."""
        then = f", saved in the state of {clock(self.state_s)}" if self.state_s is not None else ""
        asks = f", scenario {self.scenario!r}" if self.scenario else ""
        return f"{self.name}{asks}{then}"

    @classmethod
    def of(cls, record: dict[str, Any]) -> Viewpoint:
        """From its record in the file. Raises TypeError, KeyError or ValueError where that is none."""
        values = dict(record)
        for name in ("failed", "out", "hidden"):
            values[name] = tuple(values[name])
        view = dict(values["view"])
        for name in ("position", "focus"):
            x, y, z = (float(part) for part in view[name])
            view[name] = (x, y, z)
        values["view"] = View(**view)
        values["section"] = Section(**values["section"]) if values["section"] else None
        return cls(**values)


@dataclass
class Shelf:
    """Viewpoints by name, kept in a file if there is one."""

    file: Path | None = None
    points: dict[str, Viewpoint] = field(default_factory=dict[str, Viewpoint])
    _read_ns: int = 0

    @classmethod
    def at(cls, file: Path) -> Shelf:
        """The shelf of a file, empty where that is not there. Raises BadInput where it holds something else."""
        shelf = cls(file)
        shelf.refresh()
        return shelf

    def refresh(self) -> None:
        """Take over what others have kept in the file since. Raises BadInput where it holds something else."""
        if self.file is None or not self.file.exists():
            return
        try:
            changed_ns = self.file.stat().st_mtime_ns
            if changed_ns == self._read_ns:
                return
            records = json.loads(self.file.read_text(encoding="utf-8"))
            points = [Viewpoint.of(record) for record in records]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadInput(f"{self.file}: holds no saved viewpoints ({error}); remove it to begin anew") from error
        self.points, self._read_ns = {point.name: point for point in points}, changed_ns

    @property
    def names(self) -> list[str]:
        """Names, the last saved first."""
        return list(self.points)[::-1]

    def keep(self, point: Viewpoint) -> None:
        """Keep a viewpoint; one of its name is replaced."""
        with self._alone():
            self.points.pop(point.name, None)
            self.points[point.name] = point

    def drop(self, name: str) -> None:
        """Forget a viewpoint."""
        with self._alone():
            self.get(name)
            del self.points[name]

    def get(self, name: str) -> Viewpoint:
        """The viewpoint of a name. Raises BadInput."""
        if name not in self.points:
            known = f"; there are: {', '.join(self.names[:8])}" if self.points else ""
            raise BadInput(f"there is no viewpoint {name!r}{known}")
        return self.points[name]

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Change what the file holds while no other process does."""
        if self.file is None:
            yield
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.file.with_name(f".{self.file.name}.lock")):
                self.refresh()
                yield
                with written(self.file) as part:
                    text = json.dumps([asdict(point) for point in self.points.values()], indent=1, ensure_ascii=False)
                    part.write_text(text + "\n", encoding="utf-8")
                self._read_ns = self.file.stat().st_mtime_ns
        except OSError as error:
            raise BadInput(f"{self.file}: cannot be written ({error.strerror or error})") from error
