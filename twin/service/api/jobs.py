"""Imports by upload and exports by download, and the jobs that do them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from ingest.sources import KINDS
from schema.errors import BadInput, TwinError
from twin.access.roles import Role
from twin.service.access.rights import HEAVY, needs, note, who_asks
from twin.service.api.models import JobDetails, JobList, JobRow
from twin.service.api.problems import NotThere
from twin.service.jobs.jobs import Job, Jobs
from twin.service.jobs.work import EXPORTED, MAPPING, Work
from twin.service.worker import Where

MOST_FILES: Final = 1_000
DEEPEST: Final = 5
COPIED_AT_ONCE: Final = 1 << 20
JobId = Annotated[str, InPath(min_length=1, max_length=40, description="Id of the job")]
_UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1},
                        "source": {"type": "string", "minLength": 1, "description": "One source for all files"},
                        "strict": {"type": "string", "enum": ["true", "false"]},
                        "dry_run": {"type": "string", "enum": ["true", "false"]},
                        "mapping": {"type": "string", "format": "binary", "description": "A mapping, as TOML"},
                    },
                }
            }
        },
    }
}


def add(router: APIRouter, jobs: Jobs, where: Where, most_bytes: int) -> None:
    """Add the routes; an upload has at most `most_bytes`."""
    _imports(router, jobs, where, most_bytes)
    _exports(router, jobs, where)
    _jobs(router, jobs)


def _imports(router: APIRouter, jobs: Jobs, where: Where, most_bytes: int) -> None:
    @router.post(
        "/ingest",
        tags=["jobs"],
        summary="Import exports (IFC, COBie, NetBox, tables); answers at once, and the job tells how it goes",
        status_code=202,
        dependencies=[needs(Role.EDITOR, "ingest.begin"), HEAVY],
        openapi_extra=_UPLOAD,
    )
    async def ingest(request: Request, response: Response) -> JobRow:  # pyright: ignore[reportUnusedFunction]
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise HTTPException(415, "files come as multipart/form-data, each in a field `files`")
        job = jobs.open("ingest", who_asks(request).name)
        try:
            async with _form(request, most_bytes) as form:
                options = _options(form)
                names = [await _kept(job, upload) for upload in _uploads(form)]
                paths = sorted(one.name for one in job.folder.iterdir())
                options["mapping"] = await _mapping(job, form)
            note(request, job.id, files=names, **options)
            await jobs.begin(job, Work(kind="ingest", where=where, paths=paths, **options), names)
        except BaseException:
            jobs.drop(job)
            raise
        response.headers["location"] = f"/api/v1/jobs/{job.id}"
        return JobRow.model_validate(job.to_dict())


def _exports(router: APIRouter, jobs: Jobs, where: Where) -> None:
    @router.get(
        "/export",
        tags=["jobs"],
        summary="The graph, or a part, as an archive of tables or IFC that can be imported again",
        response_class=FileResponse,
        responses={200: {"content": {"application/zip": {}}, "description": "The archive"}},
        dependencies=[HEAVY],
    )
    async def export(
        *,
        request: Request,
        format: Literal["tables", "ifc"] = "tables",  # noqa: A002
        id: Annotated[list[str] | None, Query(max_length=1_000, description="These and all below")] = None,  # noqa: A002
        building: Annotated[list[str] | None, Query(max_length=1_000, description="These buildings")] = None,
        upstream: Annotated[bool, Query(description="With a part: all that supplies it as well")] = False,
    ) -> Response:
        if upstream and not (id or building):
            raise BadInput("upstream goes with id or building")
        job = jobs.open("export", who_asks(request).name)
        work = Work(kind="export", where=where, form=format, ids=id or [], buildings=building or [], upstream=upstream)
        try:
            await jobs.begin(job, work)
            assert job.task  # noqa: S101 - begun
            await job.task
        finally:
            await jobs.cancel(job)  # who asked has gone
        if job.error is not None:
            jobs.drop(job)
            raise BadInput(job.error)
        return FileResponse(
            job.folder / EXPORTED,
            media_type="application/zip",
            filename=f"campus-{format}.zip",
            background=BackgroundTask(shutil.rmtree, job.folder.parent, ignore_errors=True),
        )


def _jobs(router: APIRouter, jobs: Jobs) -> None:
    @router.get("/jobs", tags=["jobs"], summary="Jobs that run, and the last that have ended; newest first")
    async def listed() -> JobList:  # pyright: ignore[reportUnusedFunction]
        return JobList(rows=[JobRow.model_validate(job.to_dict()) for job in jobs.all])

    @router.get("/jobs/{id}", tags=["jobs"], summary="One job, with the report of an import that has ended")
    async def one(id: JobId) -> JobDetails:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
        job = _found(jobs, id)
        return JobDetails.model_validate({**job.to_dict(), "report": job.report})

    @router.delete(
        "/jobs/{id}",
        tags=["jobs"],
        summary="Cancel a job that runs; the same import later completes what is half done",
        dependencies=[needs(Role.EDITOR, "job.cancel")],
    )
    async def cancel(id: JobId, request: Request) -> JobRow:  # noqa: A002  # pyright: ignore[reportUnusedFunction]
        note(request, id)
        job = _found(jobs, id)
        if job.state != "running":
            raise HTTPException(409, f"job {id} has ended: {job.state}")
        await jobs.cancel(job)
        return JobRow.model_validate(job.to_dict())


def _found(jobs: Jobs, name: str) -> Job:
    job = jobs.find(name)
    if job is None:
        raise NotThere(f"there is no job {name!r}")
    return job


@asynccontextmanager
async def _form(request: Request, most_bytes: int) -> AsyncGenerator[FormData]:
    """The form of a request, its files on disk. Raises 413 as soon as it is seen to be too large."""
    too_large = HTTPException(413, f"an upload has at most {most_bytes / 1e6:,.0f} MB")
    if int(request.headers.get("content-length") or 0) > most_bytes:
        raise too_large
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise too_large
        return message

    async with Request(request.scope, counted).form(max_files=MOST_FILES, max_fields=100) as form:
        yield form


def _options(form: FormData) -> dict[str, Any]:
    known = {"files", "source", "strict", "dry_run", "mapping"}
    for name in form:
        if name not in known:
            raise BadInput(f"there is no field {name!r}; there are: {', '.join(sorted(known))}")
    found: dict[str, Any] = {}
    for name in ("strict", "dry_run"):
        text = form.get(name, "false")
        if text not in {"true", "false"}:
            raise BadInput(f"{name}: true or false")
        found[name] = text == "true"
    source = form.get("source")
    if source is not None:
        if not isinstance(source, str) or not source.strip() or len(source) > 200:
            raise BadInput("source: the name of one source")
        found["source"] = source
    return found


def _uploads(form: FormData) -> list[UploadFile]:
    found = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
    if not found or len(found) != len(form.getlist("files")):
        raise BadInput("files: at least one file, each with its name")
    return found


async def _kept(job: Job, upload: UploadFile) -> str:
    """Put an uploaded file into the job's folder; its name there. Raises BadInput."""
    name = upload.filename or ""
    parts = PurePosixPath(name).parts
    odd = any(part in {"..", "/"} or part.startswith(".") or len(part.encode()) > 200 for part in parts)
    if not parts or odd or "\\" in name or not name.isprintable() or len(parts) > DEEPEST:
        raise BadInput(f"files: {name[:200]!r} is no name of a file below a folder")
    if Path(name).suffix.lower() not in KINDS:
        raise BadInput(f"files: {name!r} is none of {', '.join(KINDS)}")
    target = job.folder.joinpath(*parts)
    if target.exists():
        raise BadInput(f"files: {name!r} is there twice")
    await _copied(upload, target, name)
    return "/".join(parts)


async def _mapping(job: Job, form: FormData) -> bool:
    """Put the mapping of an upload, where there is one, beside its files; whether there is one. Raises BadInput."""
    found = form.getlist("mapping")
    if not found:
        return False
    if len(found) > 1 or not isinstance(found[0], UploadFile):
        raise BadInput("mapping: one file of TOML")
    await _copied(found[0], job.folder / MAPPING, "mapping")
    return True


async def _copied(upload: UploadFile, target: Path, name: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            await run_in_threadpool(shutil.copyfileobj, upload.file, file, COPIED_AT_ONCE)
    except OSError as error:
        raise TwinError(f"{name}: cannot be kept ({error.strerror})") from None
