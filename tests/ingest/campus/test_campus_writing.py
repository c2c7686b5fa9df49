"""Same seed, same bytes; nothing half-written looks whole; wrong input is one clear line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ingest.campus import defaults, write
from schema.errors import BadInput
from twin.cli.campus import campus


def _digests(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]


def test_same_seed_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write(tmp_path / name, "tiny", seed, defects=True)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()
    assert _digests(tmp_path / "a")["B1.ifc"] != _digests(tmp_path / "c")["B1.ifc"]


def test_a_second_run_replaces_the_first_and_leaves_other_files_alone(tmp_path):
    write(tmp_path, "tiny", 1)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["B2.ifc"] = {"bytes": 0, "sha256": ""}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "B2.ifc").write_text("of an earlier, larger campus", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "old.ifc.part").write_text("left over", encoding="utf-8")
    write(tmp_path, "tiny", 2)
    assert not (tmp_path / "B2.ifc").exists()
    assert not list(tmp_path.glob("*.part"))
    assert (tmp_path / "notes.txt").exists()


def test_an_interrupted_run_leaves_nothing_that_looks_whole(tmp_path):
    write(tmp_path, "tiny", 1)

    def stop(_what, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "tiny", 1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_its_end(tmp_path):
    told = []
    write(tmp_path, "tiny", 1, progress=lambda what, done, total: told.append((what, done, total)))
    assert told[-1][1] == told[-1][2]
    assert len({what for what, _, _ in told}) == 1


def test_a_parameter_changes_the_campus(tmp_path):
    write(tmp_path, "tiny", 1, values={"server_draw_kw": "0.8", "liquid_every": "0"})
    parameters = {p["name"]: p for p in json.loads((tmp_path / "manifest.json").read_text())["parameters"]}
    assert (parameters["server_draw_kw"]["value"], parameters["server_draw_kw"]["source"]) == (0.8, "--set")
    assert "IFCCHILLER" not in (tmp_path / "B1.ifc").read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"servers": "3"}, "no such parameter"),
        ({"server_draw_kw": "much"}, "expected a number"),
        ({"server_draw_kw": "-1"}, "expected a number from 0"),
        ({"cabinets_per_row": "2.5"}, "whole number"),
        ({"size_m.UPS": "1x2"}, "LENGTHxWIDTHxHEIGHT"),
    ],
)
def test_wrong_parameters_are_refused(tmp_path, values, says):
    with pytest.raises(BadInput, match=says):
        write(tmp_path / "new", "tiny", 1, values=values)
    assert not (tmp_path / "new").exists()


def test_wrong_scale_seed_and_folder_are_refused(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="no such scale"):
        write(tmp_path, "huge")
    with pytest.raises(BadInput, match="--seed"):
        write(tmp_path, "tiny", -1)
    with pytest.raises(BadInput, match="cannot write the campus there"):
        write(tmp_path / "file", "tiny")


def test_the_command_writes_and_lists_the_defects(tmp_path):
    result = CliRunner().invoke(campus, [str(tmp_path), "--scale", "tiny", "--seed", "1", "--defects", "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["scale"] == "tiny"
    assert {d["id"] for d in document["defects"]} >= {"both-cords-on-one-busway", "under-rated-ups", "missing-need"}


def test_the_command_shows_every_parameter(tmp_path):
    result = CliRunner().invoke(campus, ["--parameters", "--json", "--set", "ups_hold_s=600"])
    rows = {row["name"]: row for row in json.loads(result.stdout)["rows"]}
    assert rows.keys() == {parameter.name for parameter in defaults()}
    assert rows["ups_hold_s"]["value"] == 600.0
    assert rows["cabinet_kw"]["flag"] == "documented"
    assert {"value", "unit", "flag", "source"} <= rows["cabinet_kw"].keys()
    assert "server_draw_kw" in CliRunner().invoke(campus, ["--parameters"]).stdout


def test_the_command_needs_a_folder():
    result = CliRunner().invoke(campus, [])
    assert isinstance(result.exception, BadInput)
