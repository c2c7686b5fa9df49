"""What requests hold, and the answers that are not documents of the engine."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""An asset: its id, or a unique global_id, serial or name."""
Ids = Annotated[list[Name], Field(max_length=10_000)]
AssetPath = Annotated[str, Path(min_length=1, max_length=500, description="Its id, or a unique name")]
MOST_ROWS: Final = 1_000
Page = Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many rows at most")]
Cursor = Annotated[int, Query(ge=0, le=2**31, description="`next` of the page before")]
Document = dict[str, Any]
"""The document that the command prints with --json."""

PARTS = Literal[
    "question", "lost", "degraded", "at_risk", "down_before", "totals", "relies_on", "overloaded", "rounds", "because",
    "model", "timeline",
]  # fmt: skip


class _Strict(BaseModel):
    # Strict: true is not 1, and "5" is not 5.
    model_config = ConfigDict(extra="forbid", strict=True)


class Base(_Strict):
    """The state that a question starts from."""

    out: Ids = Field(default=[], description="Out already, for maintenance")
    live: bool = Field(default=False, description="Start from live state")
    assume_worst: bool = Field(default=False, description="Where needs contradict, take all suppliers to be needed")

    def base(self) -> dict[str, Any]:
        """As keyword arguments of the questions of `Campus`."""
        return {"out": self.out, "live": self.live, "assume_worst": self.assume_worst}


class Overloads(Base):
    """A question in which overloads may trip."""

    overload: Literal["report", "trip"] = "report"
    limit: float = Field(default=1.0, gt=0, le=1_000, description="Overloaded from this multiple of the rating")


class Impact(Overloads):
    """What fails if these fail."""

    ids: Ids = Field(min_length=1)
    timeline: bool = False
    until_s: float = Field(default=86_400.0, ge=0, le=31_536_000)
    parts: list[PARTS] | None = Field(
        default=None, max_length=100, description="Only these parts of the document; by default all"
    )
    page: int | None = Field(
        default=None,
        ge=1,
        le=MOST_ROWS,
        description="So many rows of each list at most; `pages` then tells the total of each and the next cursor",
    )
    cursor: int = Field(default=0, ge=0, le=2**31, description="`next` of the page before")


class Ranking(Overloads):
    """A scan over single failures or pairs."""

    labels: list[Name] | None = Field(default=None, max_length=100, description="Only these labels")
    top: int | None = Field(default=None, ge=1, le=1_000_000, description="Only so many rows, the worst first")


class CutSets(Base):
    """Minimal cut sets of an asset; without an id, of all loads."""

    id: Name | None = None
    order: int = Field(default=3, ge=1, le=3)


class Points(Base):
    """Single points of failure of all loads."""

    top: int | None = Field(default=None, ge=1, le=1_000_000)


class Named(Base):
    """A question about some assets."""

    ids: Ids = Field(min_length=1)


class Maybe(Base):
    """A question about some assets, or about all loads."""

    ids: Ids = []


class Restart(Base):
    """The order of restart; `after`: of what the failure of these took down, repaired."""

    after: Ids = []


class Cypher(_Strict):
    """A query that reads."""

    query: str = Field(min_length=1, max_length=100_000)
    parameters: dict[str, Any] = {}
    limit: int = Field(default=10_000, ge=1, le=100_000, description="Rows at most")
    timeout_s: float = Field(default=30.0, gt=0, le=300, description="Ended after so long")


class Rows(BaseModel):
    """The rows of a query; `complete` is false where `limit` cut them short."""

    rows: list[dict[str, Any]]
    complete: bool


class Asset(BaseModel):
    """An asset in a list."""

    id: str
    label: str
    name: str
    parent: str | None


class Assets(BaseModel):
    """A page of assets. `next`: cursor of the page after, null at the end."""

    rows: list[Asset]
    total: int
    next: int | None


class Group(BaseModel):
    """Suppliers of one type that stand in for one another; so many of them are needed."""

    type: str
    group: str
    need: int
    inferred: bool
    suppliers: list[str]


class Details(Asset):
    """An asset. Ratings and draw in kW, null where there is none; `supplies` counts what it supplies directly."""

    path: list[str]
    building: str | None
    module: str | None
    global_id: str
    serial: str
    rated_kw: float | None
    rated_cooling_kw: float | None
    draw_kw: float
    groups: list[Group]
    supplies: int


class Reached(BaseModel):
    """An asset so many supply relationships away."""

    id: str
    label: str
    depth: int


class Supply(BaseModel):
    """A supply relationship, from supplier to consumer."""

    source: str
    type: str
    group: str
    target: str


class Around(BaseModel):
    """The topology around an asset; `complete` is false where `limit` cut it short."""

    rows: list[Reached]
    relationships: list[Supply]
    complete: bool


class LiveRow(BaseModel):
    """What live state says of an asset; times in seconds since 1970.

    `condition` is what was reported, `seen` what follows with all that it hangs on, `stale` whether reports still come.
    """

    id: str
    label: str
    condition: Literal["up", "down", "out"]
    condition_since_s: float | None
    seen: Literal["up", "down", "out", "lost", "at_risk", "degraded"]
    stale: Literal["fresh", "stale", "never"]
    alarm: Literal["warning", "critical"] | None


class LivePage(BaseModel):
    """A page of assets as live state has them."""

    rows: list[LiveRow]
    total: int
    next: int | None


class Value(BaseModel):
    """The last value of a point; `stale`: older than its metric lives."""

    value: float | str | None
    unit: str
    kind: Literal["measurement", "counter", "state", "setpoint"]
    source_s: float
    received_s: float
    quality: Literal["stale", "bad", "uncertain", "good"]
    stale: bool


class LiveAsset(LiveRow):
    """An asset with its last values, by metric."""

    at_s: float
    values: dict[str, Value]


class Alarm(BaseModel):
    """Something that a person should know; times in seconds since 1970."""

    kind: str
    id: str
    severity: Literal["warning", "critical"]
    text: str
    since_s: float
    consequence: dict[str, Any]
    explained_by: list[str]
    count: int
    cleared_s: float | None
    acknowledged_s: float | None


class AlarmPage(BaseModel):
    """A page of alarms, the oldest open one first."""

    rows: list[Alarm]
    total: int
    next: int | None


class Acknowledge(_Strict):
    """Whose alarms somebody has seen; null: all."""

    ids: Annotated[list[Name], Field(min_length=1, max_length=10_000)] | None


class Acknowledged(BaseModel):
    """How many alarms that was news to."""

    acknowledged: int


class Progress(BaseModel):
    """How far a job is; `total` is null where nobody knows."""

    what: str
    done: int
    total: int | None


class JobRow(BaseModel):
    """An import or an export; times in seconds since 1970."""

    id: str
    kind: Literal["ingest", "export"]
    who: str
    files: list[str]
    began_s: float
    ended_s: float | None
    state: Literal["running", "done", "failed", "cancelled"]
    progress: Progress | None
    error: str | None


class JobDetails(JobRow):
    """A job with the report of `twin ingest --json`, once it has ended."""

    report: dict[str, Any] | None


class JobList(BaseModel):
    """The jobs of this server."""

    rows: list[JobRow]
