"""The questions of one person's session, with what the last answer still has to tell: reasons and loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viz.model import States
from viz.states import State
from viz.verdict import Verdict, of_answer

if TYPE_CHECKING:
    from twin.campus import Campus
    from twin.impact.answer import Impact
    from twin.impact.load import Flows

DOWN: Final = (State.LOST, State.FAILED, State.DOWN_BEFORE, State.MAINTENANCE)


class Asker:
    """Puts the questions of a stage to a campus, and keeps the last answer for its reasons and loads."""

    def __init__(self, campus: Campus, *, live: bool = False) -> None:
        self.campus, self.live = campus, live
        self.answer: Impact | None = None
        self._loads: Flows | None = None

    def __call__(self, failed: Sequence[str], out: Sequence[str]) -> Verdict:
        """What fails if these fail while those are out."""
        self.answer = self._loads = None
        self.answer = self.campus.impact(*failed, out=out, live=self.live)
        return of_answer(self.answer)

    def forget(self) -> None:
        """There is no question any more."""
        self.answer = self._loads = None

    def forget_loads(self) -> None:
        """What is up has changed."""
        self._loads = None

    @property
    def has_loads(self) -> bool:
        """Whether the loads of the last answer are known; so they are where nothing is asked."""
        return self.answer is None or self._loads is not None

    def because(self, id_: str) -> dict[str, Any] | None:
        """Why an asset is lost, if it is."""
        return self.answer.because.get(id_) if self.answer else None

    def loads(self, state: States) -> Flows:
        """Loads of the state that is shown; worked out once for each."""
        if self._loads is None:
            from twin.impact.follow import base_flows  # noqa: PLC0415 - not before somebody looks at an asset
            from twin.impact.load import flows  # noqa: PLC0415

            if self.answer is not None:
                up = self.answer.base.fell == 0
                up[self.answer.fallen] = False
                self._loads = flows(self.answer.topology, up)
            elif self.live:
                self._loads = flows(self.campus.topology, ~np.isin(state, DOWN))
            else:
                self._loads = base_flows(self.campus.base())
        return self._loads
