"""The audit log: every line whole, whoever writes at the same time, and none lost when a file is put aside."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from schema.errors import BadInput, TwinError
from twin.access import audit as module
from twin.access.audit import Audit


@pytest.fixture
def audit(tmp_path):
    return Audit(tmp_path)


def test_a_line_says_who_what_and_how_it_ended(audit):
    audit.note("scenario.save", who="anna", how="token ci", result="done (200)", address="10.0.0.1", on="storm",
               details={"ids": ["UPS-A"]})  # fmt: skip
    line = json.loads(audit.file.read_text())
    assert line.pop("at").endswith("Z")
    assert line == {"who": "anna", "how": "token ci", "from": "10.0.0.1", "what": "scenario.save", "on": "storm",
                    "result": "done (200)", "details": {"ids": ["UPS-A"]}}  # fmt: skip
    assert stat.S_IMODE(audit.file.stat().st_mode) == 0o600


def test_a_newline_in_what_somebody_wrote_makes_no_line(audit):
    audit.note("x", who='eve\n{"at": "forged"}', how="basic", result="done")
    assert len(audit.file.read_text().splitlines()) == 1
    assert audit.lines()[0]["who"].startswith("eve\n")


def test_many_writers_while_files_are_put_aside_lose_nothing(audit, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 2_000)

    def write(number):
        own = Audit(audit.file.parents[1])
        for count in range(50):
            own.note("x", who=f"w{number}", how="open", result="done", on=str(count))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = audit.lines()
    assert sorted((line["who"], int(line["on"])) for line in found) == [
        (f"w{n}", c) for n in range(6) for c in range(50)
    ]
    aside = list(audit.file.parent.glob("audit-*.jsonl"))
    assert len(aside) > 5
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in aside)


def test_several_processes_write_whole_lines(audit):
    code = "import sys; from pathlib import Path; from twin.access.audit import Audit\n"
    code += "for n in range(30): Audit(Path(sys.argv[1])).note('x', who=sys.argv[2], how='open', result='y' * 5000)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(audit.file.parents[1]), name]) for name in ("a", "b", "c")
    ]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert len(audit.lines()) == len(audit.file.read_text().splitlines()) == 90


def test_a_line_that_was_cut_short_spoils_no_other(audit):
    audit.note("x", who="a", how="open", result="done")
    with audit.file.open("a") as file:
        file.write('{"at": "2026')
    audit.note("x", who="b", how="open", result="done")
    assert [line["who"] for line in audit.lines()] == ["a", "b"]


def test_what_fails_is_noted_too(audit):
    def fail(error):
        with audit.doing("ingest", who="anna", how="command", on="x.ifc") as known:
            known["assets"] = 3
            raise error

    with pytest.raises(BadInput):
        fail(BadInput("row 7 is wrong"))
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError("secret"))
    assert [line["result"] for line in audit.lines()] == ["failed: row 7 is wrong", "failed: ZeroDivisionError"]
    assert audit.lines()[0]["details"] == {"assets": 3}


def test_lines_are_found_by_time_person_and_kind(audit):
    for who, what in (("anna", "user.add"), ("Ben", "scenario.save"), ("anna", "scenario.delete")):
        audit.note(what, who=who, how="open", result="done")
    second = audit.lines()[1]["at"]
    assert [line["what"] for line in audit.lines(second)] == ["scenario.save", "scenario.delete"]
    assert len(audit.lines(who="ben")) == 1
    assert len(audit.lines(what="scenario")) == 2


def test_where_nothing_can_be_noted_nothing_is_done(tmp_path):
    (tmp_path / "access").write_text("in the way")
    done = []
    with pytest.raises(TwinError, match="cannot be written"), Audit(tmp_path).doing("x", who="a", how="open"):
        done.append(1)
    assert not done
    assert os.listdir(tmp_path) == ["access"]  # noqa: PTH208 - names are enough
