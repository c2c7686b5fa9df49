"""Archives of Java's classes: which are written, taken, told from broken ones, and done without."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from twin.graph import local
from twin.graph.local import archives, jars, process, releases

ANY = releases.asked() or releases.LONG_TERM
WHOLE = b"\xba\x0b\xf0\x00classes"
ENVIRONMENT = dict(os.environ)


@pytest.fixture
def place(tmp_path):
    """A folder of jars, and a Java whose archive is the words that it is called with; it keeps count of its calls."""
    java = tmp_path / "runtime" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f'#!/bin/sh\necho called >> {tmp_path}/calls\nfor word; do :; done\necho "$@" > "${{word#*=}}"\n')
    java.chmod(0o700)
    (tmp_path / "runtime" / "lib").mkdir()
    (tmp_path / "runtime" / "lib" / "modules").write_text("java")
    folder = tmp_path / "jars"
    folder.mkdir()
    (folder / "one.jar").write_text("one")
    return str(java), folder


def named(options, name):
    """The files that an option of Java names."""
    (value,) = (option.removeprefix(f"-XX:{name}=") for option in options if option.startswith(f"-XX:{name}="))
    return [Path(file) for file in value.split(":")]


def test_javas_own_archive_is_written_once(place, tmp_path):
    java, folder = place
    first = archives.options(java, folder, ENVIRONMENT, server=False)
    assert archives.options(java, folder, ENVIRONMENT, server=False) == first
    assert (tmp_path / "calls").read_text() == "called\n"
    (own,) = named(first, "SharedArchiveFile")
    assert own.read_text().startswith("-Xshare:dump")


def test_the_first_server_writes_what_the_next_one_takes(place):
    java, folder = place
    first = archives.options(java, folder, ENVIRONMENT, server=True)
    (new,) = named(first, "ArchiveClassesAtExit")
    assert not new.exists()
    new.write_bytes(WHOLE)
    second = archives.options(java, folder, ENVIRONMENT, server=True)
    assert named(second, "SharedArchiveFile")[1:] == [new]
    assert not any("ArchiveClassesAtExit" in option for option in second)


def test_the_tools_take_what_the_server_wrote_and_write_nothing(place):
    java, folder = place
    before = archives.options(java, folder, ENVIRONMENT, server=False)
    assert len(named(before, "SharedArchiveFile")) == 1
    (new,) = named(archives.options(java, folder, ENVIRONMENT, server=True), "ArchiveClassesAtExit")
    new.write_bytes(WHOLE)
    after = archives.options(java, folder, ENVIRONMENT, server=False)
    assert named(after, "SharedArchiveFile")[1:] == [new]
    assert not any("ArchiveClassesAtExit" in option for option in (*before, *after))


def test_two_servers_that_write_at_once_leave_one_archive(place):
    java, folder = place
    files = [
        named(archives.options(java, folder, ENVIRONMENT, server=True), "ArchiveClassesAtExit")[0] for _ in range(2)
    ]
    assert files[0] != files[1]
    for file in files:
        file.write_bytes(WHOLE)
    taken = named(archives.options(java, folder, ENVIRONMENT, server=True), "SharedArchiveFile")[1]
    assert [file for file in files if file.exists()] == [taken]


def test_an_archive_that_was_cut_off_is_not_taken_and_goes_in_the_end(place):
    """Java writes the head last: until then it is zeros."""
    java, folder = place
    (cut,) = named(archives.options(java, folder, ENVIRONMENT, server=True), "ArchiveClassesAtExit")
    cut.write_bytes(bytes(100))
    (other,) = named(archives.options(java, folder, ENVIRONMENT, server=True), "ArchiveClassesAtExit")
    assert cut.exists()  # it may be in the making
    assert other != cut
    hours_ago = time.time() - 7200
    os.utime(cut, (hours_ago, hours_ago))
    archives.options(java, folder, ENVIRONMENT, server=True)
    assert not cut.exists()


def test_other_jars_have_an_archive_of_their_own_and_the_old_one_goes(place):
    java, folder = place
    (old,) = named(archives.options(java, folder, ENVIRONMENT, server=False), "SharedArchiveFile")
    (folder / "two.jar").write_text("two")
    (new,) = named(archives.options(java, folder, ENVIRONMENT, server=False), "SharedArchiveFile")
    assert new != old
    assert not old.parent.exists()


def test_where_none_can_be_written_java_starts_without(place, tmp_path):
    java, folder = place
    (folder / "archives").write_text("in the way")
    assert archives.options(java, folder, ENVIRONMENT, server=True) == []
    (folder / "archives").unlink()
    Path(java).write_text("#!/bin/sh\nexit 1\n")
    assert archives.options(java, folder, ENVIRONMENT, server=True) == []
    (tmp_path / "runtime" / "lib" / "modules").unlink()
    assert archives.options(java, folder, ENVIRONMENT, server=True) == []


@pytest.mark.neo4j
def test_neo4j_runs_from_the_archive_that_the_one_before_it_wrote(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_ANY_PORT", "1")
    local.start(tmp_path)
    local.stop(tmp_path)
    local.start(tmp_path)
    pid = local.status(tmp_path).pid
    try:
        mapped = {
            Path(line.split()[-1]) for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if ".jsa" in line
        }
    finally:
        local.stop(tmp_path)
    place = jars.folder(ANY) / "archives"
    assert {file.name for file in mapped if file.name == "java.jsa"}
    assert any(file.name.startswith("neo4j-") and file.is_relative_to(place) for file in mapped)


def test_the_real_java_takes_the_archive_that_it_wrote(tmp_path):
    (tmp_path / "one.jar").write_bytes(b"")
    (option,) = archives.options(process.java(), tmp_path, ENVIRONMENT, server=False)
    subprocess.run((process.java(), "-Xshare:on", option, "-version"), capture_output=True, check=True)
