"""IFC files read in processes of their own: what they say is what one process reads, and none outlives the call."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from ingest import read
from ingest.apart import Apart
from ingest.campus import write
from ingest.read import read_source, read_sources
from ingest.records import Extract
from ingest.run import Options, ingest
from ingest.sources import SourceFiles, resolve
from schema.errors import BadInput
from twin.graph import Store


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campus")
    write(folder, "tiny", 1)
    return folder


@pytest.fixture
def _small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_LEAST_BESIDE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A file that a reader waits for without end, as it is a pipe that nobody writes into."""
    os.mkfifo(tmp_path / "stuck.ifc")
    return tmp_path / "stuck.ifc"


def sources_of(*paths: Path) -> list[SourceFiles]:
    return resolve(paths)[0]


def in_one_process(sources: list[SourceFiles]) -> list[Extract]:
    return [extract for source in sources for extract in read_source(source)]


@pytest.mark.usefixtures("_small_ones_too")
@pytest.mark.parametrize("name", [None, "everything"])
def test_extracts_are_those_of_one_process_in_the_same_order(campus: Path, name: str | None) -> None:
    sources, _ = resolve([campus], name)
    told: list[str] = []
    extracts = read_sources(sources, None, lambda what, *_: told.append(what))
    assert {extract.kind for extract in extracts} == {"ifc", "tables"}
    assert any(what.startswith("read plant.ifc: ") for what in told)
    assert extracts == in_one_process(sources)


@pytest.mark.neo4j
def test_report_is_that_of_one_process(campus: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [ingest([campus], lambda: store, Options(dry_run=True)).to_dict()]
    monkeypatch.setattr(read, "_LEAST_BESIDE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    started: list[int] = []
    monkeypatch.setattr(read, "Apart", lambda number, *rest: started.append(number) or Apart(number, *rest))
    reports.append(ingest([campus], lambda: store, Options(dry_run=True)).to_dict())
    assert started
    for report in reports:
        report.pop("seconds")
    assert reports[0] == reports[1]


def test_small_imports_read_models_in_one_process_and_tables_in_none(
    campus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(read, "Apart", lambda number, *rest: started.append(number) or Apart(number, *rest))
    sources = sources_of(campus)
    assert read_sources(sources) == in_one_process(sources)
    assert started == [1]
    read_sources(sources_of(campus / "servers-assets.csv"))
    assert started == [1]


def test_parser_that_crashes_on_a_small_file_is_one_line(stuck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Apart] = []

    def crash(what: str, *_: int) -> None:
        if what.startswith("read stuck.ifc"):
            os.kill(made[0].workers[0].process.pid, signal.SIGSEGV)

    monkeypatch.setattr(read, "Apart", lambda *given: made.append(Apart(*given)) or made[0])
    with pytest.raises(BadInput, match=r"stuck\.ifc: reading it ended the IFC parser \(SIGSEGV\)$"):
        read_sources([SourceFiles("stuck", [stuck])], None, crash)


@pytest.mark.usefixtures("_small_ones_too")
@pytest.mark.parametrize("model", ["a.ifc", "z.ifc"])
def test_first_wrong_file_in_their_order_is_told(tmp_path: Path, model: str) -> None:
    (tmp_path / model).write_text("ISO-10303-21;\n")
    (tmp_path / "m-assets.csv").write_bytes(b"id,label\n\xff\xfe\x00,UPS\n")
    with pytest.raises(BadInput) as expected:
        in_one_process(sources_of(tmp_path))
    with pytest.raises(BadInput) as found:
        read_sources(sources_of(tmp_path))
    assert str(found.value) == str(expected.value)
    assert ("a.ifc: is cut off" in str(found.value)) == (model == "a.ifc")


def test_parser_that_crashes_is_one_line_and_other_files_are_read(campus: Path, stuck: Path) -> None:
    def crash(what: str, *_: int) -> None:
        if what.startswith("read stuck.ifc"):
            os.kill(processes.workers[0].process.pid, signal.SIGSEGV)

    with Apart(1, None, crash) as processes:
        lost = processes.read(stuck, "stuck")
        after = processes.read(campus / "plant.ifc", "plant")
        with pytest.raises(BadInput, match=r"stuck\.ifc: reading it ended the IFC parser \(SIGSEGV\)$"):
            lost.result(timeout=60)
        assert after.result(timeout=60).assets


def test_reason_of_a_process_that_ends_by_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\necho Traceback >&2\necho 'ImportError: no libgl' >&2\nexit 3\n")
    interpreter.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with Apart(1) as processes, pytest.raises(BadInput, match=r"x\.ifc: .*\(exit status 3: ImportError: no libgl\)$"):
        processes.read(tmp_path / "x.ifc", "x").result(timeout=60)


def test_interrupt_ends_the_processes_and_what_waits(stuck: Path, campus: Path) -> None:
    def interrupted() -> None:
        with processes:
            waiting.extend([processes.read(stuck, "stuck"), processes.read(campus / "plant.ifc", "plant")])
            while not told:
                time.sleep(0.01)
            raise KeyboardInterrupt

    told: list[str] = []
    waiting = []
    processes = Apart(1, None, lambda what, *_: told.append(what))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [worker.process.returncode for worker in processes.workers] == [-signal.SIGKILL]
    assert waiting[1].cancelled()
