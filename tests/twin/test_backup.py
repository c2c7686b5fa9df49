"""A backup holds the whole graph and the history; restoring gives them back, and a bad file changes nothing."""

import io
import json
import os
import signal
import tarfile

import pytest

import twin
from schema.errors import BadInput
from twin.backup import back_up, read_manifest, restore
from twin.cli.main import run
from twin.graph import Store, local
from twin.live.history.files import note_begin
from twin.live.place import Place

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]

HISTORY = ["history/raw/minute_1_1_1_1_1.parquet", "history/raw/begin_2"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ANY_PORT", "1")
        for name in ("TWIN_URI", "TWIN_USER", "TWIN_PASSWORD", "TWIN_DATABASE"):
            patch.delenv(name, raising=False)
        folder = tmp_path_factory.mktemp("backed-up")
        with Store(local.start(folder)) as store:
            store.write(
                "CREATE (:Asset:UPS {id: 'U', draw_kw: 1.5})-[:FEEDS {group: '', need: 1}]->(:Asset:Server {id: 'S'})"
            )
        part = folder / "history" / "raw" / "minute_1_1_1_1_1.parquet"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"points")
        note_begin(folder / "history", 2)
        yield folder
        local.stop(folder)


@pytest.fixture(scope="module")
def backup(home, tmp_path_factory):
    file = tmp_path_factory.mktemp("backups") / "campus.tar"
    back_up(file, home)
    return file


def graph(home):
    with Store(local.start(home)) as store:
        return store.read(
            "MATCH (a:Asset) OPTIONAL MATCH (a)-[r]->(b)"
            " RETURN labels(a) AS labels, properties(a) AS asset, type(r) AS type, properties(r) AS supply,"
            " b.id AS target ORDER BY a.id"
        )


def test_what_ran_before_runs_afterwards(home, backup):
    assert local.status(home).running
    assert backup.stat().st_mode & 0o077 == 0
    assert read_manifest(backup)["members"].keys() == {"neo4j.dump", *HISTORY}


def test_a_restored_home_is_equal(home, backup, tmp_path):
    there = tmp_path / "restored"
    restore(backup, there)
    try:
        assert graph(there) == graph(home)
        assert [(there / name).read_bytes() for name in HISTORY] == [b"points", b""]
        assert not list(there.glob(".backup-*"))
    finally:
        local.stop(there)


def test_restoring_over_a_graph_is_refused_unless_asked_and_questions_see_the_old_graph_again(home, backup):
    with Store(local.start(home)) as store:
        store.write("MATCH (s:Server {id: 'S'}) CREATE (:Asset:UPS {id: 'V'})-[:FEEDS {group: '', need: 1}]->(s)")
    with twin.open(home=home) as campus:
        assert campus.impact("U").lost == []
    with pytest.raises(BadInput, match="--overwrite"):
        restore(backup, home)
    assert len(graph(home)) == 3
    restore(backup, home, overwrite=True)
    assert len(graph(home)) == 2
    with twin.open(home=home) as campus:
        assert campus.impact("U").lost == ["S"]


def rewritten(backup, target, change):
    """A copy of a backup whose members went through `change(name, content)`; None leaves one out."""
    with tarfile.open(backup) as old, tarfile.open(target, "w") as new:
        for entry in old:
            content = change(entry.name, old.extractfile(entry).read())
            if content is not None:
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
    return target


def spoilt(name, content):
    return content[:-1] + bytes([content[-1] ^ 1]) if name == "neo4j.dump" else content


def renamed_format(name, content):
    return json.dumps(json.loads(content) | {"format": 99}).encode() if name == "manifest.json" else content


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (spoilt, "neo4j.dump has another checksum"),
        (lambda name, content: None if name == "neo4j.dump" else content, "neo4j.dump is missing"),
        (lambda name, content: None if name == "manifest.json" else content, "does not begin with manifest.json"),
        (renamed_format, "has format 99"),
        (lambda name, content: b"{" if name == "manifest.json" else content, "cannot be read"),
    ],
    ids=["spoilt", "without dump", "without manifest", "later format", "manifest cut"],
)
def test_a_bad_backup_is_refused_and_changes_nothing(home, backup, tmp_path, change, line):
    before = graph(home)
    with pytest.raises(BadInput, match=line):
        restore(rewritten(backup, tmp_path / "bad.tar", change), home, overwrite=True)
    assert graph(home) == before


def test_a_backup_of_a_later_neo4j_is_refused_and_told_what_can_read_it(home, backup, tmp_path):
    def later(name, content):
        return json.dumps(json.loads(content) | {"neo4j": "2031.02.0"}).encode() if name == "manifest.json" else content

    before = graph(home)
    with pytest.raises(BadInput, match="TWIN_NEO4J=2031"):
        restore(rewritten(backup, tmp_path / "later.tar", later), home, overwrite=True)
    assert graph(home) == before


def test_a_file_cut_short_and_a_file_of_another_kind_are_refused(home, backup, tmp_path):
    cut = tmp_path / "cut.tar"
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    other = tmp_path / "other.tar"
    other.write_text("id,label\n" * 200)
    for file in (cut, other, tmp_path / "missing.tar"):
        with pytest.raises(BadInput, match=file.name):
            restore(file, home, overwrite=True)


def test_a_member_that_leads_out_of_the_home_is_refused(home, backup, tmp_path):
    bad = tmp_path / "escape.tar"
    with tarfile.open(backup) as old, tarfile.open(bad, "w") as new:
        for entry in old:
            content = old.extractfile(entry).read()
            if entry.name == "manifest.json":
                document = json.loads(content)
                document["members"]["history/../../escaped.parquet"] = {"bytes": 1, "sha256": ""}
                content = json.dumps(document).encode()
                entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
        entry = tarfile.TarInfo("history/../../escaped.parquet")
        entry.size = 1
        new.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(BadInput, match="escaped"):
        restore(bad, home, overwrite=True)
    assert not (home.parent / "escaped.parquet").exists()


def test_a_backup_never_replaces_a_file(home, backup):
    with pytest.raises(BadInput, match="is there already"):
        back_up(backup, home)


def test_a_home_without_a_graph_has_nothing_to_back_up(tmp_path):
    with pytest.raises(BadInput, match="no local Neo4j"):
        back_up(tmp_path / "none.tar", tmp_path / "empty")


def test_a_dump_after_kill_9_holds_all_that_was_committed(home, backup, tmp_path):
    with Store(local.start(home)) as store:
        store.write("CREATE (:Asset:Server {id: 'LATE'})")
    os.kill(local.status(home).pid, signal.SIGKILL)
    back_up(tmp_path / "late.tar", home)
    restore(tmp_path / "late.tar", tmp_path / "restored")
    try:
        assert {row["asset"]["id"] for row in graph(tmp_path / "restored")} >= {"U", "S", "LATE"}
    finally:
        local.stop(tmp_path / "restored")


def test_a_live_process_is_to_be_stopped_first(home, backup):
    lock = Place(home).occupy()
    try:
        with pytest.raises(BadInput, match="live process"):
            restore(backup, home, overwrite=True)
    finally:
        lock.close()


def test_a_neo4j_of_the_users_own_is_backed_up_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TWIN_URI", "neo4j://db.example:7687")
    assert run(["backup", str(tmp_path / "x.tar")]) == 2
    assert "neo4j-admin database dump" in capsys.readouterr().err
    assert run(["restore", str(tmp_path / "x.tar")]) == 2
    assert "neo4j-admin database load" in capsys.readouterr().err
