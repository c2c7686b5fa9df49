"""The recorder: keeps the recent window in memory and writes every minute to a file of its own.

What `receive` takes is in memory until the minute is flushed; a crash loses at most that, and the next recorder says
so. A disk that is full or broken never stops live state: the points wait in memory, as many as `MOST_WAITING`, and the
recorder says once that it cannot write, and once that it can again and what was lost.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from twin.graph.local.files import disk_errors, write_private
from twin.live.history import files
from twin.live.history.database import PARQUET, connect, first_line, quoted
from twin.live.history.lock import only_recorder
from twin.live.history.recent import Recent
from twin.live.history.spans import iso
from twin.live.history.upkeep import Retention, Upkeep
from twin.live.metrics import METRICS
from twin.live.points import Batch
from twin.topology.strings import Ids

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FLUSH_S: Final = 60.0
MOST_WAITING: Final = 20_000_000
"""Points that wait in memory while they cannot be written: 340 MB; 14 minutes of 230,000 points every 10 s."""
LATEST_S: Final = 3600.0
"""A source's clock may be this far ahead; what is further is not recorded, and counted."""
MARGIN_S: Final = 3600.0
"""Points that are so close to the retention of raw points are not recorded: they might miss the means."""
STOP_AGAIN_S: Final = 0.1
STATE: Final = "recorder.json"


class Recorder:
    """Records the batches of one live process. Use it in a `with` statement, or start and close it.

    Raises TwinError where another recorder records there. `say` gets one line for each thing that a person should
    know; it may be called from the recorder's thread. `clock` gives seconds since 1970. `anew`: the live process knows
    nothing of what was reported before; history notes it, so that a replay does not go on from that.
    """

    def __init__(  # noqa: PLR0913 - whose points, and how they are kept
        self,
        home: Path,
        ids: Ids,
        *,
        retention: Retention | None = None,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        anew: bool = False,
    ) -> None:
        self.history = files.history_folder(home)
        self.recent = Recent()
        self.refused = 0
        """Points whose source's clock is ahead by an hour, or which are older than what is kept."""
        self.dropped = 0
        """Points that were lost because they could not be written."""
        self.written = 0
        self._say, self._clock = say, clock
        self._retention = retention or Retention()
        self._waiting: list[Batch] = []
        self._lock, self._flushing = Lock(), Lock()
        self._failing = False
        self._done = Event()
        self._threads: list[Thread] = []
        with disk_errors(self.history):
            self.history.mkdir(parents=True, exist_ok=True)
            self._release = only_recorder(self.history)
        self._database: DuckDBPyConnection = connect()
        self._take_ids(ids)
        self._upkeep = Upkeep(self.history, self._retention, say, clock)
        self._after_crash()
        # Files are told apart by when they were flushed: a clock that was set back must not repeat itself.
        self._last_ms = max((part.made_ms for part in files.counting(self.history, "raw")), default=0)
        if anew and self._last_ms:
            self._note_begin()
        self._mark(closed=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Begin to flush every minute, and to merge and roll up behind that."""
        self._threads = [
            Thread(target=self._flush_every_minute, daemon=True, name="history"),
            Thread(target=self._upkeep.run, args=(self._done,), daemon=True, name="history upkeep"),
        ]
        for thread in self._threads:
            thread.start()

    def receive(self, batch: Batch) -> None:
        """Take a batch; quick, from any thread. The batch's arrays must not change any more."""
        with self._lock:
            self._waiting.append(batch)
        self.recent.add(batch)

    def new_ids(self, ids: Ids) -> None:
        """The topology has changed: batches from now on count by these ids."""
        self.flush()
        with self._flushing, self._lock:
            if self._waiting:  # the disk refuses: their indices would name other assets
                self._drop(self._waiting)
                self._waiting = []
            self._take_ids(ids)
        self.recent.clear()

    def close(self) -> None:
        """Flush and stop; may be called more than once."""
        if self._done.is_set():
            return
        self._done.set()
        for thread in self._threads:
            while thread.is_alive():
                self._upkeep.stop()
                thread.join(STOP_AGAIN_S)
        self.flush()
        if self._waiting:
            self._drop(self._waiting)
            self._say(f"history: {self._lost()}")
        self._mark(closed=True)
        self._database.close()
        self._release()

    def flush(self) -> None:
        """Write what waits. What the disk refuses is said, never raised."""
        import duckdb  # noqa: PLC0415

        with self._flushing:
            with self._lock:
                batches, self._waiting = self._waiting, []
            try:
                if batches:
                    self._write(batches)
            except (OSError, duckdb.Error) as error:
                self._keep(batches, first_line(error))
                return
            if self._failing:
                self._failing = False
                self._say(f"history: written again; {self._lost() if self.dropped else 'nothing was lost'}")
            self._mark(closed=False)

    def _flush_every_minute(self) -> None:
        while not self._done.wait(FLUSH_S - self._clock() % FLUSH_S):
            self.flush()

    def _take_ids(self, ids: Ids) -> None:
        texts = np.array(list(ids), object)
        number = np.arange(len(texts), dtype=np.int32)
        self._database.register("given", {"number": number, "id": texts})
        self._database.execute("CREATE OR REPLACE TABLE ids AS SELECT number, id::VARCHAR AS id FROM given")
        self._database.unregister("given")

    def _write(self, batches: list[Batch]) -> None:
        columns = self._columns(batches)
        count = len(columns["t"])
        if not count:
            return
        times = columns["t"]
        now_ms = max(int(self._clock() * 1000), self._last_ms + 1)
        first_ms, last_ms = int(times.min()) // 1000, int(times.max()) // 1000
        names = ", ".join(f"({number}, '{metric.name}')" for number, metric in enumerate(METRICS))

        def make(path: Path) -> None:
            self._database.register("points", columns)
            self._database.execute(
                "COPY (SELECT m.metric, i.id, p.t, p.value, p.quality FROM points p JOIN ids i ON i.number = p.asset"
                f" JOIN (VALUES {names}) m(number, metric) ON m.number = p.metric ORDER BY 1, 2, 3)"
                f" TO {quoted(str(path))} {PARQUET}"
            )

        try:
            files.write(
                self.history, span="minute", at_ms=now_ms, times_ms=(first_ms, last_ms), made_ms=now_ms, make=make
            )
        finally:
            self._database.unregister("points")
        self._last_ms = now_ms
        self.written += count

    def _columns(self, batches: list[Batch]) -> dict[str, np.ndarray[Any, Any]]:
        """The points as columns: of one asset, metric and time the last; none from outside what is kept."""
        counts = [len(batch) for batch in batches]
        source_s = np.concatenate([batch.source_s for batch in batches])
        receive_s = np.repeat([batch.receive_s for batch in batches], counts)
        columns: dict[str, np.ndarray[Any, Any]] = {
            "asset": np.concatenate([batch.assets for batch in batches]).astype(np.int32, copy=False),
            "metric": np.repeat(np.array([batch.metric for batch in batches], np.uint8), counts),
            "value": np.concatenate([batch.values for batch in batches]).astype(np.float32, copy=False),
            "quality": np.concatenate([batch.quality for batch in batches]).astype(np.uint8, copy=False),
        }
        age_s = receive_s - source_s
        kept = (age_s > -LATEST_S) & (age_s < self._retention.raw_s - MARGIN_S)  # NaN compares false
        self.refused += len(kept) - int(np.count_nonzero(kept))
        columns = {name: column[kept] for name, column in columns.items()}
        columns["t"] = np.rint(source_s[kept] * 1e6).astype(np.int64)
        order = np.lexsort((columns["t"], columns["asset"], columns["metric"]))  # stable: what came last stands last
        alike = np.ones(len(order), np.bool_)
        for name in ("t", "asset", "metric"):
            ordered = columns[name][order]
            alike[:-1] &= ordered[1:] == ordered[:-1]
        alike[-1:] = False
        order = order[~alike]
        return {name: column[order] for name, column in columns.items()}

    def _keep(self, batches: list[Batch], reason: str) -> None:
        """Hold points that could not be written for the next minute, up to what fits."""
        with self._lock:
            self._waiting = [*batches, *self._waiting]
            count = sum(map(len, self._waiting))
            while count > MOST_WAITING:
                oldest = self._waiting.pop(0)
                count -= len(oldest)
                self._drop([oldest])
        if not self._failing:
            self._failing = True
            self._say(f"history: cannot write in {self.history} ({reason}); live state goes on, points wait in memory")

    def _drop(self, batches: list[Batch]) -> None:
        self.dropped += sum(map(len, batches))

    def _lost(self) -> str:
        return f"{self.dropped:,} points could not be written and are lost"

    def _after_crash(self) -> None:
        """Say what a recorder lost that ended without closing, and remove what it left half-written."""
        files.sweep_drafts(self.history)
        try:
            last: dict[str, Any] = json.loads((self.history / STATE).read_text(encoding="utf-8"))
            crashed, until_s = not last["closed"], float(last["flushed_s"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._say(f"history: {self.history / STATE} cannot be read ({error}); whether points were lost is unknown")
            return
        if crashed:
            self._say(
                f"history: the recorder before ended without closing; what it received after its last flush,"
                f" {iso(round(until_s))}, is lost"
            )

    def _note_begin(self) -> None:
        self._last_ms = max(int(self._clock() * 1000), self._last_ms + 1)
        try:
            files.note_begin(self.history, self._last_ms)
        except OSError as error:
            self._say(f"history: cannot note that live state begins anew ({first_line(error)}); a replay may mix feeds")

    def _mark(self, *, closed: bool) -> None:
        state = {"pid": os.getpid(), "flushed_s": round(self._clock(), 3), "closed": closed}
        try:
            write_private(self.history / STATE, json.dumps(state))
        except OSError as error:
            self._keep([], first_line(error))
