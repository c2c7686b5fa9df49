"""The live process: takes what a feed delivers, and keeps state, alarms, graph and status until it is told to stop.

Two threads matter. The feed's takes points in, under the directory's lock; the keeper's own looks after everything that
may take longer: conditions and their consequences, staleness, the graph, the topology, the status.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from schema.errors import TwinError
from twin.impact.settle import LARGE
from twin.impact.timeline import Stopped
from twin.live.alarms import Alarms
from twin.live.conditions import note_conditions
from twin.live.directory import Directory
from twin.live.facts import facts_of
from twin.live.graph import GraphConditions
from twin.live.layout import Mapped, attach
from twin.live.limits import Limits
from twin.live.place import Place, read_json, write_json
from twin.live.points import Batch, Sink
from twin.live.reader import places_of
from twin.live.state import State
from twin.live.status import Staleness, silent_sources, status
from twin.live.suspects import suspects
from twin.live.tally import Tally
from twin.live.watch import Watch
from twin.topology.model import CONDITIONS, UP, Ints

if TYPE_CHECKING:
    from twin.campus import Campus
    from twin.impact.settle import Base
    from twin.live.feeds import Feed

WAKE_S = 0.1
STATUS_EVERY_S = 0.25
SWEEP_EVERY_S = 2.0
GRAPH_EVERY_S = 1.0
REFRESH_EVERY_S = 5.0
SUSPECTS_EVERY_S = 10.0


class Keeper:
    """Live state of a campus under a TWIN_HOME. Raises BadInput where another live process keeps it.

    `keeps`: take over what an earlier process left, if its feed has the same name.
    """

    def __init__(
        self, campus: Campus, home: Path, feed_name: str, *, keeps: bool = False, sinks: Sequence[Sink] = ()
    ) -> None:
        self.campus, self.home, self.feed_name, self.sinks = campus, home, feed_name, sinks
        self.place = Place(home)
        self._lock = self.place.occupy()
        older = self._left_over(keeps=keeps)
        # Points that an earlier process left bear the numbers of its sources.
        self.tally = Tally(read_json(self.place.sources).get("sources", []) if older is not None else [])
        topology = campus.topology
        if len(topology) >= LARGE:
            import_module("numba")  # from here on kernels run compiled: a lost supply means thousands of reports
        self.directory = Directory(topology, self.tally)
        self.alarms = Alarms(self.place.alarms)
        self.anew = older is None
        """Whether it knows nothing of what was reported to the process before."""
        if self.anew:
            self.alarms.begin_anew(time.time())
        self._wake, self._stop = Event(), Event()
        self._changed: set[int] = set()
        self._crossed: list[tuple[int, Ints]] = []
        self.due: dict[str, float] = {}
        """When each job is to be done next; absent: now."""
        self.trouble = ""
        """What of the database does not work now; empty where all does."""
        self._staleness: Staleness = {}
        self._counting, self._sources_kept = Lock(), -1
        self._begin(campus.base(assume_worst=True), older)
        store = campus.store if campus.has_store else None
        self._graph = GraphConditions(store, home) if store else None
        self._pool = ThreadPoolExecutor(1, "graph")
        self._writing: Future[None] | None = None
        self._reading: Future[Base | None] | None = None
        if self._graph:
            self._graph.begin(self._down(), time.time())

    def receive(self, batch: Batch) -> None:
        """Take a batch. The feed holds the directory's lock."""
        source = self.tally.source(batch.source)
        taken = self.state.take(batch, source.number)
        self.tally.batch(source, batch, taken.late, taken.ahead)
        for sink in self.sinks:
            sink.receive(batch)
        changed = note_conditions(self.state, self.facts, batch, taken.places)
        if len(changed):
            self._changed.update(changed.tolist())
            self._wake.set()
        crossed = self.limits.note(self.state, batch, taken.places)
        if len(crossed):
            self._crossed.append((batch.metric, crossed))
            self._wake.set()

    def mark_stale(self, source: str, assets: Ints, metrics: Ints) -> None:
        """A device of this source died. The feed holds the directory's lock."""
        self.state.mark_stale(self.tally.source(source).number, assets, metrics)
        self.due.pop("sweep", None)

    def run(self, feed: Feed, stop: Event, ready: Callable[[], None] = lambda: None) -> None:
        """Keep live state until `stop` is set or the feed ends. Raises what starting the feed, or the feed, raises."""
        told, self._stop = Event(), stop
        telling = Thread(target=self._tell_status, args=(told,), name="status", daemon=True)
        try:
            self._write_status()
            telling.start()
            feed.start(self.receive)
            ready()
            while not stop.is_set() and not feed.ended:
                self._wake.wait(WAKE_S)
                self._wake.clear()
                self.step(time.time())
            if feed.error is not None:
                raise feed.error
        except Stopped:
            pass  # told to end while it worked out what explains what
        finally:
            feed.close()
            told.set()
            if telling.ident is not None:
                telling.join()
            self.close()

    def step(self, now_s: float) -> None:
        """Do what is due."""
        with self.directory.lock:
            changed, self._changed = self._changed, set()
            crossed, self._crossed = self._crossed, []
            if changed:
                self._note_in_graph(changed)
            if changed or now_s > self.watch.again_s:
                self.watch.conditions(sorted(changed), now_s)
            for metric, assets in crossed:
                self.watch.limits_crossed(metric, assets, now_s)
        # Consequences only read the state, and may take longer than a feed should wait.
        self.watch.work()
        self.alarms.save()  # before what may take longer
        for name, every_s, job in (
            ("requests", STATUS_EVERY_S, self._requests),
            ("sweep", SWEEP_EVERY_S, self._sweep),
            ("graph", GRAPH_EVERY_S, self._write_graph),
            ("refresh", REFRESH_EVERY_S, self._refresh),
            ("suspects", SUSPECTS_EVERY_S, self._suspects),
        ):
            if now_s >= self.due.get(name, 0.0):
                self.due[name] = now_s + every_s
                job(now_s)
        self.alarms.save()

    def status(self) -> dict[str, Any]:
        """The document of `twin live status --json`, as things are now. From any thread."""
        with self._counting:
            return status(self.tally, self._staleness, self.alarms, time.time())

    def close(self) -> None:
        """Write what is left, and leave the folder to others."""
        self._leave(time.time())
        for sink in self.sinks:
            sink.close()
        if self._writing is not None and not self._writing.cancel():
            self._writing.result()
        if self._graph:
            self._graph.write()
        self._pool.shutdown(wait=False, cancel_futures=True)  # a topology that is being read is nobody's any more
        self._write_status()
        self._lock.close()

    def told_to_end(self) -> bool:
        """Whether `run` is to end; from any thread."""
        return self._stop.is_set()

    def _leave(self, now_s: float) -> None:
        """Conditions to the graph, and what was asked for. What a last change means is left to whoever comes next."""
        if not self._stop.is_set():
            self.step(now_s)
            return
        with self.directory.lock:
            self._note_in_graph(self._changed)
        self._requests(now_s)
        self.alarms.save()

    def _begin(self, base: Base, older: Mapped | None) -> None:
        """Make the state of a topology, with what an older one held."""
        topology, now_s = base.topology, time.time()
        path = self.place.folder / f"state-{uuid.uuid4().hex}"
        self.state = State(path, topology, self.feed_name)
        self.facts = facts_of(topology, self.campus.store if self.campus.has_store else None)
        self.state.file.asset["bridges"][:] = self.facts.bridges
        if older is not None:
            self.state.carry_over(older, places_of(topology.ids, older))
        self.limits = Limits(topology)
        self.watch = Watch(base, self.state, self.alarms, self.limits, self.told_to_end)
        self.watch.resume()
        self.watch.conditions([], now_s)
        known = {"file": path.name, "pid": os.getpid(), "feed": self.feed_name, "version": topology.version}
        write_json(self.place.current, known)
        if older is not None and older.writable:
            older.header["moved"] = 1
        for old in self.place.folder.glob("state-*"):
            if old != path:
                old.unlink(missing_ok=True)

    def _left_over(self, *, keeps: bool) -> Mapped | None:
        known = read_json(self.place.current)
        mine = keeps and known.get("feed") == self.feed_name
        return attach(self.place.folder / str(known.get("file"))) if mine else None

    def _down(self) -> dict[str, str]:
        """What is down or out now, by id."""
        codes = self.state.file.asset["condition"]
        assets = np.flatnonzero(codes != UP)
        names = self.directory.topology.ids.many(assets)
        return {name: CONDITIONS[code] for name, code in zip(names, codes[assets].tolist(), strict=True)}

    def _note_in_graph(self, changed: set[int]) -> None:
        if self._graph:
            codes, since = self.state.file.asset["condition"], self.state.file.asset["condition_s"]
            for asset in changed:
                name = self.directory.topology.ids[asset]
                self._graph.want(name, CONDITIONS[int(codes[asset])], float(since[asset]))

    def _write_graph(self, _now_s: float) -> None:
        """Write conditions, in a thread of its own: a database may be slow to say that it is not there."""
        if self._graph and (self._writing is None or self._writing.done()):
            if self._writing is not None:
                self._writing.result()
            self._writing = self._pool.submit(self._graph.write)

    def _sweep(self, now_s: float) -> None:
        sources = self.tally.sources
        with self.directory.lock:
            self.state.sweep(now_s)
            held, stale = self.state.stale_points(now_s, len(sources) + 1)
        self._staleness = {s.name: (int(held[s.number]), int(stale[s.number])) for s in sources}
        silent_sources(self.tally, self._staleness, self.alarms, now_s)
        if len(sources) != self._sources_kept:
            write_json(self.place.sources, {"sources": [source.name for source in sources]})
            self._sources_kept = len(sources)

    def _tell_status(self, told: Event) -> None:
        """Write the status again and again, in a thread of its own: consequences or a new topology may take long."""
        pause_s = STATUS_EVERY_S
        while not told.wait(pause_s):
            began_s = time.monotonic()
            self._write_status()
            # Thousands of sources make a long document: it shall not take more than a twentieth of a core.
            pause_s = max(STATUS_EVERY_S, 20 * (time.monotonic() - began_s))

    def _write_status(self) -> None:
        write_json(self.place.status, self.status())

    def _suspects(self, now_s: float) -> None:
        if self.watch.pending:
            return
        began_s = time.thread_time()
        found = suspects(self.watch, self.state, now_s)
        write_json(self.place.suspects, {"at_s": now_s, "suspects": found})
        # All loads rolled up: on a large campus it shall not take more than a hundredth of a core.
        self.due["suspects"] = now_s + max(SUSPECTS_EVERY_S, 100 * (time.thread_time() - began_s))

    def _requests(self, now_s: float) -> None:
        """Do what other commands asked for: alarms that somebody acknowledges."""
        for path in sorted(self.place.requests.glob("*.json")):
            wanted = read_json(path)
            ids = wanted.get("acknowledge", [])
            self.alarms.acknowledge(None if ids is None else [str(name) for name in ids], now_s)
            self.alarms.save()
            path.unlink(missing_ok=True)

    def _refresh(self, now_s: float) -> None:
        """Go on with the graph as it is now.

        It is read in the thread that writes to it, which may take half a minute: alarms go on meanwhile, and what is
        written is not taken for a change of others.
        """
        if not self.campus.has_store:
            return
        if self._reading is None:
            self._reading = self._pool.submit(self._changed_base)
        if not self._reading.done():
            self.due["refresh"] = now_s  # look again in the next step
            return
        reading, self._reading = self._reading, None
        try:
            base = reading.result()
            self.trouble = ""
        except TwinError as error:
            base = None
            self.trouble = str(error)  # the database is away, or the graph contradicts itself; the points go on
        if base is not None:
            with self.directory.lock:
                self._changed.clear()
                self._crossed.clear()
                self._begin(base, self.state.file)
                self.directory.renew(base.topology)
                for sink in self.sinks:
                    sink.new_ids(base.topology.ids)
            if self._graph:
                self._graph.begin(self._down(), now_s)

    def _changed_base(self) -> Base | None:
        """The settled state of the graph as it is now; None where it is as it was."""
        return self.campus.base(assume_worst=True) if self.campus.refresh() else None
