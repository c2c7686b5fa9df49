"""neo4j-admin's tool, started before there is anything to do: told what to do, listened to, and ended in any case."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from schema.errors import TwinError
from twin.graph.local import archives, process, releases
from twin.graph.local.home import Home

SCRIPT = """\
#!/bin/sh
echo $$ > "$NEO4J_HOME/pid"
while read line; do echo "told $line"; done < /dev/stdin
case "$(cat "$NEO4J_HOME/mood")" in
  works) echo through;;
  fails) echo "it is broken"; exit 3;;
  hangs) exec sleep 60;;
esac
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose Java is a script that takes its arguments as the tool does, and then works, fails or hangs."""
    java = tmp_path / "java"
    java.write_text(SCRIPT)
    java.chmod(0o700)
    monkeypatch.setattr(process, "java", lambda: str(java))
    monkeypatch.setattr(archives, "options", lambda *_, **__: [])
    place = Home(tmp_path / "neo4j")
    place.make()
    place.take_release(releases.LONG_TERM)
    (place.folder / "mood").write_text("works")
    return place


def _mood(home: Home, word: str) -> None:
    (home.folder / "mood").write_text(word)


def _begun(home: Home) -> int:
    """The process of the tool."""
    file = home.folder / "pid"
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if file.exists() and file.read_text().strip():
            return int(file.read_text())
        time.sleep(0.01)
    raise AssertionError("the tool did not begin")


def _gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]:
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False


def test_it_is_told_what_to_do_and_heard_while_something_else_is_done(home: Home, tmp_path: Path) -> None:
    heard: list[str] = []
    where: list[threading.Thread] = []
    with process.admin_begun(home, tmp_path) as tool:
        _begun(home)
        said = tool(["database", "--of=us"], heard.append, lambda: where.append(threading.current_thread()))
    assert said == "told database\ntold --of=us\nthrough\n"
    assert "".join(heard) == said
    assert where == [threading.main_thread()]


def test_what_is_done_meanwhile_ends_it_where_that_fails(home: Home, tmp_path: Path) -> None:
    _mood(home, "hangs")

    def fails() -> None:
        _begun(home)  # else it may be killed before it tells who it is
        raise TwinError("no")

    began = time.monotonic()
    with pytest.raises(TwinError, match="no"), process.admin_begun(home, tmp_path) as tool:
        tool(["database"], None, fails)
    assert _gone(_begun(home))
    assert time.monotonic() - began < 20


def test_its_failure_is_its_last_line(home: Home, tmp_path: Path) -> None:
    _mood(home, "fails")
    done: list[bool] = []
    with (
        pytest.raises(TwinError, match="neo4j-admin database import: it is broken"),
        process.admin_begun(home, tmp_path) as tool,
    ):
        tool(["database", "import"], None, lambda: done.append(True))
    assert done


def test_where_there_is_nothing_to_do_it_ends(home: Home, tmp_path: Path) -> None:
    with process.admin_begun(home, tmp_path):
        pid = _begun(home)
    assert _gone(pid)


def test_where_we_are_killed_it_ends_by_itself(home: Home, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from twin.graph.local import archives, process\n"
        "from twin.graph.local.home import Home\n"
        "process.java = lambda: sys.argv[2]; archives.options = lambda *_, **__: []\n"
        "with process.admin_begun(Home(Path(sys.argv[1])), Path(sys.argv[1])): time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(home.folder), str(tmp_path / "java")])
    pid = _begun(home)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert _gone(pid)
