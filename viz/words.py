"""Words for what a picture shows: plurals of labels, counts, the question and its answer in one sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from viz.states import State

if TYPE_CHECKING:
    from twin.topology.model import Topology
    from viz.model import States

IRREGULAR: Final = {
    "Battery": "batteries",
    "EdgeNode": "edge nodes",
    "TransferSwitch": "transfer switches",
    "UPS": "UPS units",
    "WaterSupply": "water supplies",
}


class Texts(Protocol):
    """Texts by asset index."""

    def __getitem__(self, number: int, /) -> str: ...


def singular(label: str) -> str:
    """A label as words: RackPDU → rack PDU."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", label)
    return " ".join(word if word.isupper() else word.lower() for word in words)


def counted(label: str, count: int) -> str:
    """So many of a label: `1 server`, `2,000 rack PDUs`."""
    if count == 1:
        return f"1 {singular(label)}"
    return f"{count:,} {IRREGULAR.get(label, singular(label) + 's')}"


def listed(parts: Sequence[str]) -> str:
    """Parts joined as prose: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def named(names: Sequence[str], most: int = 2) -> str:
    """The first names, and how many more."""
    if len(names) <= most:
        return listed(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


@dataclass(frozen=True)
class Tally:
    """How many assets of each label are in each state."""

    by_state: dict[State, Counter[str]]
    loads: frozenset[str]

    def of(self, *states: State) -> Counter[str]:
        """Counts by label over some states."""
        total: Counter[str] = Counter()
        for state in states:
            total.update(self.by_state.get(state, Counter()))
        return total

    def loads_of(self, *states: State) -> list[tuple[str, int]]:
        """Counts of loads alone, most first."""
        return [(label, count) for label, count in self.of(*states).most_common() if label in self.loads]


def tally(topology: Topology, state: States) -> Tally:
    """Count the assets by state and label."""
    many = len(topology.labels)
    table = np.bincount(state.astype(np.int64) * many + topology.label, minlength=len(State) * many)
    table = table.reshape(-1, many)
    by_state = {
        one: Counter({topology.labels[j]: int(table[one, j]) for j in np.flatnonzero(table[one])}) for one in State
    }
    loads = {topology.labels[int(j)] for j in np.flatnonzero(np.bincount(topology.label[topology.loads]))}
    return Tally(by_state, frozenset(loads))


def tally_of(topology: Topology, assets: NDArray[Any]) -> Counter[str]:
    """Count these assets by label."""
    counts = np.bincount(topology.label[assets], minlength=len(topology.labels))
    return Counter({topology.labels[j]: int(counts[j]) for j in np.flatnonzero(counts)})


def breakdown(counts: Counter[str], most: int = 3) -> str:
    """The most frequent labels with their counts."""
    top = counts.most_common(most)
    rest = sum(counts.values()) - sum(count for _, count in top)
    parts = [counted(label, count) for label, count in top]
    return ", ".join([*parts, f"{rest:,} other"] if rest else parts)


def question(failed: Sequence[str], out: Sequence[str]) -> str:
    """The question in words: `If A and B fail while C is out`."""
    text = f"If {named(failed)} {'fails' if len(failed) == 1 else 'fail'}"
    if out:
        text += f" while {named(out)} {'is' if len(out) == 1 else 'are'} out"
    return text


def answer(count: Tally) -> str:
    """The answer in words, about the loads: what is lost, what lost its reserve, what works on."""
    lost = count.loads_of(State.LOST)
    risk = count.loads_of(State.AT_RISK)
    less = count.loads_of(State.DEGRADED)
    fine = count.loads_of(State.WORKING)
    if not (lost or risk or less):
        return "no load loses supply or reserve" + (f", all {_all(fine[:2])} keep working" if fine else "")
    parts = [f"{_all(lost)} {_are(lost)} lost"] if lost else ["no load is lost"]
    if risk:
        parts.append(f"{_all(risk)} {_have(risk)} no reserve left")
    if less:
        parts.append(f"{_all(less)} {_have(less)} less reserve")
    if fine:
        parts.append(f"{_all(fine[:1])} {_keep(fine[:1])} working as before")
    return listed(parts)


def sentence(failed: Sequence[str], out: Sequence[str], count: Tally) -> str:
    """Question and answer in one sentence."""
    return f"{question(failed, out)}: {answer(count)}."


def infrastructure(count: Tally) -> str:
    """What happens to all but loads, in one line; empty if nothing does."""
    parts: list[str] = []
    for state, words in (
        (State.LOST, "Goes down with it"),
        (State.AT_RISK, "No reserve left"),
        (State.DEGRADED, "Less reserve"),
    ):
        rest = Counter({label: many for label, many in count.of(state).items() if label not in count.loads})
        if rest:
            parts.append(f"{words}: {breakdown(rest, 4)}.")
    return "  ".join(parts)


def _all(counts: list[tuple[str, int]]) -> str:
    return listed([counted(label, many) for label, many in counts[:3]])


def _plural(counts: list[tuple[str, int]]) -> bool:
    return len(counts) > 1 or counts[0][1] != 1


def _are(counts: list[tuple[str, int]]) -> str:
    return "are" if _plural(counts) else "is"


def _have(counts: list[tuple[str, int]]) -> str:
    return "have" if _plural(counts) else "has"


def _keep(counts: list[tuple[str, int]]) -> str:
    return "keep" if _plural(counts) else "keeps"
