"""Neo4j's bulk import: the graph that Bolt would have made; ended by force at any moment, completed by the next run."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import bulk
from ingest.campus import write
from ingest.run import Options, ingest
from schema.errors import BadInput
from twin.graph import Store, connect, local
from twin.graph.local import bulk as bulk_home
from twin.graph.local import server

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def options_of_java() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ANY_PORT", "1")
        patch.delenv("TWIN_URI", raising=False)
        yield


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    local.stop(tmp_path / "home")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny reference campus, and tables with all that a CSV file could break."""
    folder = tmp_path_factory.mktemp("exports")
    write(folder, "tiny", 1)
    drawn = random.Random(5)
    texts = [
        'say "hi"',
        "a,b;c",
        "line\nbreak",
        "\r\n",
        "tab\tstop",
        " padded ",
        "ü€😀",
        "'",
        '"',
        "\\",
        "null",
        "0",
        "",
    ]
    with (folder / "odd-assets.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        file.write("id,label,name,description,draw_kw,standby,condition_since,position_u,serial\r\n")
        for number in range(120):
            words = [drawn.choice(texts) + drawn.choice(texts) for _ in range(2)]
            since = drawn.choice(["", "2024-02-29T12:00:00+02:00", "2025-01-01"])
            draw = drawn.choice([0, 1e-7, 0.1, 1 / 3, 1e22, ""])
            rows.writerow(
                [
                    f"odd {number} \"'ü,", "Server", *words, draw, drawn.choice(["true", "no", ""]), since, number,
                    f"S{number}",
                ]
            )  # fmt: skip
    # Another source knows two of them under other ids.
    (folder / "other-assets.csv").write_text("id,label,serial,name\no1,Server,S1,One\no2,Server,S2,\n")
    return folder


def snapshot(store: Store) -> tuple[list[Any], ...]:
    """All that the database holds but the lock and the time; lists of sources included."""
    nodes = store.read("MATCH (n) WHERE NOT n:_Lock RETURN labels(n) AS labels, properties(n) AS properties")
    for node in nodes:
        node["labels"] = sorted(node["labels"])
        node["properties"].pop("imported_at", None)
    relationships = store.read(
        "MATCH (s)-[r]->(t) RETURN s.id AS source, type(r) AS type, t.id AS target, properties(r) AS properties"
    )
    store.read("CALL db.awaitIndexes(120)")
    schema = store.read("SHOW INDEXES YIELD name, labelsOrTypes, properties, owningConstraint, type, state")
    return tuple(sorted(map(repr, map(_ordered, rows))) for rows in (nodes, relationships, schema))  # type: ignore[return-value]


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return value.isoformat() if hasattr(value, "isoformat") else value


def used(store: Store) -> str:
    """Write far more transactions than a bulk import leaves behind; return the name of the last."""
    for _ in range(100):
        store.write("CREATE (:Note)")
    store.write("MATCH (n:Note) DELETE n")
    return store.bookmark()


def goes_on(store: Store, before: str, assets: int) -> None:
    """Who held a connection reads, writes and notices the change after another database has taken the place."""
    began = time.monotonic()
    assert store.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": assets}]
    assert store.write("CREATE (:Note)").nodes_created == store.write("MATCH (n:Note) DELETE n").nodes_deleted == 1
    assert sum(1 for _ in store.stream("MATCH (a:Asset) RETURN a.id")) == assets
    assert time.monotonic() - began < 15  # with bookmarks of the one before, Neo4j waits for thirty seconds
    after = store.bookmark()
    assert after.rpartition(" ")[0] != before.rpartition(" ")[0]  # whatever the numbers of their transactions are


def test_both_ways_give_an_equal_graph_and_an_equal_report(home: Path, exports: Path, store: Store) -> None:
    through_bolt = ingest([exports], lambda: store, Options(way="bolt"))
    with connect(home=home) as own, connect(home=home) as kept:
        before = used(kept)
        in_bulk = ingest([exports], lambda: own, Options(way="bulk"))
        goes_on(kept, before, in_bulk.assets["new"])
        assert in_bulk.assets == through_bolt.assets
        assert in_bulk.relationships == through_bolt.relationships
        assert in_bulk.assets["new"] > 500
        assert [str(f) for f in in_bulk.all_findings] == [str(f) for f in through_bolt.all_findings]
        for ours, theirs in zip(snapshot(own), snapshot(store), strict=True):
            assert ours == theirs
        again = ingest([exports], lambda: own, Options())
        assert not again.changed
        assert not (server.home_of(home).folder / bulk_home.FOLDER).exists()


def test_it_refuses_where_the_graph_is_not_empty(home: Path, exports: Path) -> None:
    with connect(home=home) as own:
        own.write("CREATE (:Note {text: 'mine'})")
        with pytest.raises(BadInput, match="holds nodes that are no assets"):
            ingest([exports], lambda: own, Options(way="bulk"))
        own.write("MATCH (n:Note) DELETE n")
        own.run("CREATE INDEX mine FOR (n:Note) ON (n.text)")
        with pytest.raises(BadInput, match=r"an index that is not ours \(mine\)"):
            ingest([exports], lambda: own, Options(way="bulk"))
        assert ingest([exports], lambda: own, Options(way="auto")).changed
        with pytest.raises(BadInput, match="the graph is not empty"):
            ingest([exports / "odd-assets.csv"], lambda: own, Options(source="other", way="bulk"))
        assert own.read("SHOW INDEXES YIELD name WHERE name = 'mine' RETURN count(*) AS n") == [{"n": 1}]


SCRIPT = """
import os, signal, sys
from pathlib import Path
home = Path(sys.argv[1])
from ingest.run import Options, ingest
from twin.graph import connect, local
from twin.graph.local import bulk, server
def dies(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
moment = sys.argv[3]
if moment == "while Neo4j imports":
    seen = []
    def progress(what, done, total):
        if what == bulk.WHAT and done >= 30: dies()
else:
    progress = None
if moment == "before the move":
    server.replace = dies
if moment == "stopped and sealed":
    bulk.finish = dies
if moment == "in the middle of the move":
    rename = Path.rename
    done = []
    def half(self, target):
        if self.name == "neo4j" and self.parent.name == "transactions": dies()
        return rename(self, target)
    Path.rename = half
if moment == "moved, not started":
    server._start = dies
if server.unmade(home):
    ingest([sys.argv[2]], dies, Options(way="bulk"), progress, home)
with connect(home=home) as store:
    if moment == "moved, not started":
        server._start = dies
    ingest([sys.argv[2]], lambda: store, Options(way="bulk"), progress, home)
"""


@pytest.mark.parametrize(
    ("moment", "made"),
    [
        ("while Neo4j imports", False),
        ("before the move", True),
        ("stopped and sealed", False),
        ("in the middle of the move", True),
        ("in the middle of the move", False),
        ("moved, not started", True),
        ("moved, not started", False),
    ],
)
def test_killed_at_any_moment_the_next_run_completes_it(
    moment: str, made: bool, home: Path, exports: Path, store: Store
) -> None:
    script = SCRIPT
    if made:
        local.start(home)
        script = SCRIPT.replace("    server._start = dies\nif server", "    pass\nif server")
    ended = subprocess.run([sys.executable, "-c", script, home, exports, moment], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert server.unmade(home) == (not made and moment == "while Neo4j imports")
    with connect(home=home) as own:
        report = ingest([exports], lambda: own, Options())
        ingest([exports], lambda: store, Options(way="bolt"))
        assert report.assets["new"] + report.assets["unchanged"] > 500
        for ours, theirs in zip(snapshot(own)[:2], snapshot(store)[:2], strict=True):
            assert [row for row in ours if "'Source'" not in row] == [row for row in theirs if "'Source'" not in row]
        assert own.read("MATCH (s:Source) RETURN collect(DISTINCT s._complete) AS c") == [{"c": [True]}]
        assert not ingest([exports], lambda: own, Options()).changed


def test_an_import_that_waits_goes_on_after_the_other_has_put_its_database_in_place(home: Path, exports: Path) -> None:
    local.start(home)
    script = (
        "import sys; from ingest.run import Options, ingest; from twin.graph import connect\n"
        "with connect(home=sys.argv[1]) as store:\n"
        "    report = ingest([sys.argv[2]], lambda: store, Options(source=sys.argv[3], way=sys.argv[4]))\n"
        "    print(report.assets['new'])"
    )
    command = [sys.executable, "-c", script, str(home)]
    first = subprocess.Popen([*command, str(exports), "campus", "bulk"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with connect(home=home) as own:
        deadline = time.monotonic() + 120
        while not own.read("MATCH (l:_Lock) WHERE l.owner IS NOT NULL RETURN l"):
            assert time.monotonic() < deadline
            assert first.poll() is None
            time.sleep(0.02)
    second = subprocess.run(
        [*command, str(exports / "odd-assets.csv"), "second", "auto"], capture_output=True, check=False, timeout=300
    )
    said, failed = first.communicate(timeout=300)
    assert first.returncode == 0, failed.decode()
    assert second.returncode == 0, second.stderr.decode()
    assert int(said) > 500
    assert int(second.stdout) == 0
    with connect(home=home) as own:
        (odd,) = own.read("MATCH (a:Server) WHERE 'second' IN a._sources RETURN count(a) AS n, min(a._sources) AS s")
        assert odd == {"n": 120, "s": ["campus", "second"]}


def test_two_imports_at_once_into_a_home_without_a_database_both_come_in(home: Path, exports: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ingest import bulk; from ingest.run import Options, ingest\n"
        "from twin.graph import connect\n"
        "home, bulk.LEAST_UNMADE = Path(sys.argv[1]), 0\n"
        "report = ingest([sys.argv[2]], lambda: connect(home=home), Options(source=sys.argv[3]), None, home)\n"
        "print(report.assets['new'])"
    )
    command = [sys.executable, "-c", script, str(home)]
    running = [
        subprocess.Popen([*command, str(file), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name, file in (("campus", exports), ("second", exports / "odd-assets.csv"))
    ]
    said = [process.communicate(timeout=550) for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    with connect(home=home) as own:
        assert own.read("MATCH (s:Source) RETURN s.name AS n, s._complete AS c ORDER BY n") == [
            {"n": "campus", "c": True},
            {"n": "second", "c": True},
        ]
        (odd,) = own.read(
            "MATCH (a:Server) WHERE 'second' IN a._sources RETURN count(a) AS n, min(size(a._sources)) AS s"
        )
        assert odd == {"n": 120, "s": 2}


def test_a_dry_run_tells_what_a_new_home_would_get_and_makes_nothing(home: Path, exports: Path) -> None:
    def opened() -> Store:
        raise AssertionError("nothing is to be opened")

    report = ingest([exports], opened, Options(dry_run=True), None, home)
    assert report.assets["new"] > 500
    assert server.unmade(home)


@pytest.fixture
def _heeding() -> Iterator[None]:
    """Ctrl-C is raised, though who started the tests had it ignored, as a shell does in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeding")
@pytest.mark.parametrize("moment", ["write files for the bulk import", bulk_home.WHAT])
def test_interrupted_it_leaves_nothing_behind(moment: str, home: Path, exports: Path) -> None:
    sent: list[str] = []

    def progress(what: str, _done: int, _total: int) -> None:
        if what == moment and not sent:
            sent.append(what)
            os.kill(os.getpid(), signal.SIGINT)

    def opened() -> Store:
        raise AssertionError("nothing is to be opened")

    with pytest.raises(KeyboardInterrupt):
        ingest([exports], opened, Options(way="bulk"), progress, home)
    assert sent
    assert server.unmade(home)
    folder = server.home_of(home).folder
    assert not (folder / bulk_home.FOLDER).exists()
    assert not [p for p in Path("/proc").glob("[0-9]*/cwd") if _link(p).startswith(str(folder))]


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def test_what_strict_refuses_makes_nothing(home: Path, exports: Path, tmp_path: Path) -> None:
    (tmp_path / "bad-assets.csv").write_text("id,label\na,Server\nb,Nonsense\n")

    def opened() -> Store:
        raise AssertionError("nothing is to be opened")

    with pytest.raises(BadInput, match=r"'Nonsense' is not a label.*refused by --strict"):
        ingest([tmp_path / "bad-assets.csv"], opened, Options(strict=True, way="bulk"), None, home)
    assert server.unmade(home)
    assert not (server.home_of(home).folder / bulk_home.FOLDER).exists()


def test_a_source_whose_name_would_break_the_files_goes_through_bolt(home: Path, exports: Path) -> None:
    with connect(home=home) as own:
        ingest([exports / "odd-assets.csv"], lambda: own, Options(source="a\x1fb", way="auto"))
        assert own.read("MATCH (a:Server) RETURN DISTINCT a._sources AS s") == [{"s": ["a\x1fb"]}]


def test_a_failing_import_tool_is_one_line_and_leaves_the_empty_database(
    home: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_home, "_PLAN", {"id-type": "nonsense"})
    with connect(home=home) as own:
        with pytest.raises(Exception, match="neo4j-admin database import") as error:
            ingest([exports], lambda: own, Options(way="bulk"))
        assert "\n" not in str(error.value)
        assert own.read("MATCH (a:Asset) RETURN count(a) AS n") == [{"n": 0}]
        monkeypatch.undo()
        os.environ["TWIN_ANY_PORT"] = "1"
        assert ingest([exports], lambda: own, Options(way="bulk")).changed
    assert bulk.LEAST > 0
