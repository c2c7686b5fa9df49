"""Power by hand on a campus in which every consumer takes the same share from each of its suppliers; no loops."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Plant:
    """Assets as records, and who feeds whom; `draw` and `efficiency` where they are not 0 and 1."""

    labels: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    fed_by: dict[str, list[str]] = field(default_factory=dict)
    draw: dict[str, float] = field(default_factory=dict)
    efficiency: dict[str, float] = field(default_factory=dict)
    waters: list[str] = field(default_factory=list)

    def add(self, id_, label, inside, fed_by=(), draw=0.0, *, efficiency=1.0) -> str:
        self.labels[id_], self.inside[id_], self.fed_by[id_] = label, inside, list(fed_by)
        self.draw[id_], self.efficiency[id_] = draw, efficiency
        return id_

    def records(self):
        assets = [
            {"id": i, "label": label, "draw_kw": self.draw[i] or None, "efficiency": self.efficiency[i]}
            for i, label in self.labels.items()
        ]
        feeds = [
            {"source_id": supplier, "type": "FEEDS", "target_id": consumer}
            for consumer, suppliers in self.fed_by.items()
            for supplier in suppliers
        ]
        holds = [{"source_id": space, "type": "CONTAINS", "target_id": i} for i, space in self.inside.items() if space]
        return assets, feeds + holds

    def out(self, id_: str, draws: dict[str, float]) -> float:
        """What consumers take from it, kW, when these draw."""
        return sum(
            self.taken(consumer, draws) / len(suppliers)
            for consumer, suppliers in self.fed_by.items()
            if id_ in suppliers
        )

    def taken(self, id_: str, draws: dict[str, float]) -> float:
        """What it takes from its suppliers together, kW."""
        return draws.get(id_, 0.0) + self.out(id_, draws) / self.efficiency[id_]

    def true_readings(self) -> dict[str, float]:
        """What perfect meters would read: own draw of what draws, output of all else."""
        return {i: self.draw[i] or self.out(i, self.draw) for i in self.labels if self.fed_by[i] or self.feeds(i)}

    def feeds(self, id_: str) -> bool:
        return any(id_ in suppliers for suppliers in self.fed_by.values())

    def within(self, id_: str, space: str) -> bool:
        while id_:
            if id_ == space:
                return True
            id_ = self.inside.get(id_, "")
        return False

    def it(self) -> list[str]:
        return [i for i, label in self.labels.items() if label in {"Server", "NetworkDevice", "Router"}]

    def it_at(self, places: list[str]) -> float:
        """The IT load at these places: all that goes through them, less what it is without IT."""
        others = {i: kw for i, kw in self.draw.items() if i not in self.it()}
        return sum((self.draw[p] or self.out(p, self.draw)) - self.out(p, others) for p in places)
