"""The jobs of a server: one at a time of each kind, with progress, report and cancel.

Each has a folder of its own under TWIN_HOME, which goes when the job has ended; what is left of an earlier server goes
at the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from schema.errors import TwinError
from twin.access.audit import Audit
from twin.service.api.problems import Busy
from twin.service.jobs.work import Work

KEPT: Final = 20
ENDS_WITHIN_S: Final = 10.0
LONGEST_LINE: Final = 256 * 1024 * 1024
"""A report with a finding for each of a million rows."""
State = Literal["running", "done", "failed", "cancelled"]

log = logging.getLogger("twin.service")


@dataclass
class Job:
    """One job; times in seconds since 1970."""

    id: str
    kind: str
    who: str
    folder: Path
    files: list[str]
    began_s: float = field(default_factory=time.time)
    ended_s: float | None = None
    state: State = "running"
    progress: dict[str, Any] | None = None
    report: dict[str, Any] | None = None
    error: str | None = None
    unwanted: bool = False
    """Somebody has cancelled it; it may have been done by then."""
    process: asyncio.subprocess.Process | None = None
    task: asyncio.Task[None] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a list, without the report."""
        names = ("id", "kind", "who", "files", "began_s", "ended_s", "state", "progress", "error")
        return {name: getattr(self, name) for name in names}


class Jobs:
    """At most one job of each kind at once. `changed` is told of each change, `ended` of each end."""

    def __init__(self, home: Path, changed: Callable[[Job], None], ended: Callable[[Job], None]) -> None:
        self._folder, self._changed, self._ended = home / "jobs", changed, ended
        self._jobs: dict[str, Job] = {}

    def clear(self) -> None:
        """Delete what an earlier server left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def all(self) -> list[Job]:
        """Those that run, and the last that have ended; newest first."""
        return list(self._jobs.values())[::-1]

    def find(self, name: str) -> Job | None:
        """The job of this id."""
        return self._jobs.get(name)

    def require_free(self, kind: str) -> None:
        """Raise Busy where a job of this kind runs."""
        running = next((job for job in self._jobs.values() if job.kind == kind and job.state == "running"), None)
        if running is not None:
            raise Busy(f"another {kind} is running (job {running.id} of {running.who}); one at a time")

    def open(self, kind: str, who: str) -> Job:
        """Make a job that does not run yet, with a folder to put files into. Raises Busy."""
        self.require_free(kind)
        name = secrets.token_hex(6)
        folder = self._folder / name / "upload"
        folder.mkdir(parents=True, mode=0o700)
        job = Job(name, kind, who, folder, [])
        self._jobs[name] = job
        for old in [one for one in self._jobs.values() if one.state != "running"][: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[old.id]
        return job

    def drop(self, job: Job) -> None:
        """Forget a job that was never begun."""
        self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder.parent, ignore_errors=True)

    async def begin(self, job: Job, work: Work, files: Sequence[str] = ()) -> None:
        """Start the process of a job."""
        job.files = list(files)
        job.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "twin.service.jobs.work",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=job.folder, start_new_session=True, limit=LONGEST_LINE,
        )  # fmt: skip
        assert job.process.stdin  # noqa: S101 - a pipe
        job.process.stdin.write(work.model_dump_json().encode() + b"\n")
        job.process.stdin.close()
        job.task = asyncio.create_task(self._follow(job, job.process))
        self._changed(job)

    async def cancel(self, job: Job) -> None:
        """End a job that runs, and wait until it has."""
        if job.process is None or job.task is None or job.state != "running":
            return
        job.unwanted = True
        with contextlib.suppress(ProcessLookupError):
            job.process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(asyncio.shield(job.task), ENDS_WITHIN_S)
        except TimeoutError:
            job.process.kill()
            await job.task

    async def close(self) -> None:
        """End all jobs."""
        await asyncio.gather(*(self.cancel(job) for job in self.all))

    async def _follow(self, job: Job, process: asyncio.subprocess.Process) -> None:
        assert process.stdout and process.stderr  # noqa: S101, PT018 - pipes
        errors = asyncio.create_task(process.stderr.read())
        while line := await process.stdout.readline():
            told: dict[str, Any] = json.loads(line)
            job.progress = told.get("progress", job.progress)
            job.report = told.get("report", job.report)
            job.error = told.get("error", job.error)
            if "progress" in told:
                self._changed(job)
        status = await process.wait()
        said = (await errors).decode("utf-8", "replace").strip()
        if job.error is None and job.report is not None and status == 0:
            job.state = "done"
        elif job.unwanted:
            # However it ended: SIGINT may have met it while Python was still starting.
            job.state, job.error = "cancelled", "it was cancelled; the same import completes what is half done"
        else:
            job.state = "failed"
            if job.error is None:
                job.error = f"internal error (status {status}); the server's log shows where"
                log.error("job %s: %s ended with status %s: %s", job.id, job.kind, status, said)
        job.ended_s = time.time()
        if job.kind == "ingest" or job.state != "done":
            await asyncio.to_thread(shutil.rmtree, job.folder.parent, ignore_errors=True)
        self._ended(job)
        self._changed(job)


def note_job(audit: Audit, job: Job) -> None:
    """Note in the audit log how an import ended."""
    if job.kind != "ingest":
        return
    counts = {name: job.report[name] for name in ("assets", "relationships", "errors")} if job.report else {}
    result = job.state if job.error is None else f"{job.state}: {job.error}"
    try:
        audit.note("ingest", who=job.who, how="job", on=job.id, result=result, details={"files": job.files, **counts})
    except TwinError:
        log.exception("not in the audit log: ingest of %s, job %s, %s", job.who, job.id, result)
