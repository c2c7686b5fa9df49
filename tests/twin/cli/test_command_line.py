"""Every command is there, light to start, and tells every mistake in one line."""

import json
import os
import subprocess
import sys

import click
import pytest

from schema.errors import BadInput, TwinError, Unreachable
from twin.cli import main


def run(capsys, *arguments):
    status = main.run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("name", main.FAMILIES)
def test_every_command_explains_itself(capsys, name):
    status, out, err = run(capsys, name, "--help")
    assert status == 0
    assert out.startswith(f"Usage: twin {name}")
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["teapot"], "No such command 'teapot'"),
        (["impact"], "Missing argument"),
        (["impact", "A", "--limit", "0"], "--limit"),
        (["impact", "A", "--overload", "explode"], "explode"),
        (["impact", "A", "--until", "-1"], "--until"),
        (["impact", "A", "--until", "5"], "--until needs --timeline"),
        (["sweep", "--limit", "0.9"], "--limit needs --overload trip"),
        (["pairs", "--limit", "0.9"], "--limit needs --overload trip"),
        (["scenarios"], "no command is named"),
        (["sweep", "--top", "0"], "--top"),
        (["cutsets"], "name one asset, or --all"),
        (["cutsets", "A", "--all"], "name one asset, or --all"),
        (["cutsets", "A", "--order", "4"], "--order"),
        (["audit", "colour"], "colour"),
        (["impact", "A", "--database", "x"], "--database needs --uri"),
        (["campus", "x", "--scale", "galaxy"], "galaxy"),
        (["view", "--size", "big"], "big"),
        (["view", "--png", "campus.jpg"], "campus.jpg"),
        (["view", "--gltf", "campus.obj"], ".glb or .gltf"),
        (["view", "--walk", "walk.mp4"], "--along"),
        (["view", "--along", "UPS-A"], "--walk"),
        (["view", "--colour", "red"], "red"),
    ],
)
def test_wrong_usage_is_one_line_that_names_what_is_wrong(capsys, monkeypatch, arguments, told):
    monkeypatch.delenv("TWIN_URI", raising=False)
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert "--help" in err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("f.csv, row 3:\nno id"), 2),
        (TwinError("no"), 2),
        (Unreachable("bolt://x does not answer"), 3),
        (click.ClickException("bad"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (RuntimeError("boom\nbang"), 70),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_failure_becomes_one_line_and_its_exit_status(capsys, monkeypatch, error, status):
    def fail(**_):
        raise error

    monkeypatch.delenv("TWIN_DEBUG", raising=False)
    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run([]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err


def test_an_internal_error_shows_its_trace_on_request(monkeypatch):
    def fail(**_):
        raise RuntimeError("boom")

    monkeypatch.setenv("TWIN_DEBUG", "1")
    monkeypatch.setattr(main.cli, "main", fail)
    with pytest.raises(RuntimeError, match="boom"):
        main.run([])


@pytest.mark.parametrize("arguments", [["campus", "--parameters"], ["queries"], ["--help"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_answer_and_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "twin.cli.main", *arguments], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize("arguments", [["campus", "--parameters"], ["queries", "--json"], ["--help"]], ids=" ".join)
def test_output_that_takes_no_more_is_told_in_one_line(arguments):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [sys.executable, "-m", "twin.cli.main", *arguments], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (2, b"twin: standard output: No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["cypher", "\udcff"], 2, r"twin: '\udcff' is no text in UTF-8"),
        (["cypher", "x"], 70, "twin: internal error: UnicodeEncodeError"),
    ],
)
def test_an_argument_that_is_no_text_is_told(capsys, monkeypatch, arguments, status, told):
    monkeypatch.delenv("TWIN_DEBUG", raising=False)
    monkeypatch.setattr(main.cli, "main", lambda **_: "\udcff".encode())
    assert main.run(arguments) == status
    assert capsys.readouterr().err.startswith(told)


def test_an_unreachable_database_is_exit_status_3(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    status, out, err = run(capsys, "impact", "A", "--uri", "bolt://127.0.0.1:1", "--password", "secret-word")
    assert status == 3
    assert out == ""
    assert "127.0.0.1:1" in err
    assert "secret-word" not in err


def test_a_question_imports_no_library_that_takes_long_to_load():
    code = (
        "import sys, json, twin, twin.campus, twin.cli.main, twin.cli.impact\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"neo4j", "numba", "scipy", "pydantic", "pyvista", "vtkmodules", "ifcopenshell", "polars"}
