"""Answers as tables: each has its rows, as polars and pandas, and shows itself in one line, in Rich, in HTML."""

from __future__ import annotations

import pandas
import polars
import pytest
from rich.console import Console

from schema.errors import BadInput
from twin.campus import Campus
from twin.frames import Rows, frame
from twin.topology import from_records

ASSETS = [
    {"id": "U", "label": "UtilityFeed"},
    {"id": "A", "label": "Switchboard", "rated_kw": 3.0, "mtbf_h": 1e5, "mttr_h": 10.0},
    {"id": "B", "label": "Switchboard", "rated_kw": 3.0},
    {"id": "<b>S</b>", "label": "Server", "draw_kw": 4.0},
    {"id": "T", "label": "Server", "draw_kw": 4.0},
    {"id": "X", "label": "Pump"},
    {"id": "Y", "label": "Pump"},
]
SUPPLY = [("U", "A"), ("U", "B"), ("A", "<b>S</b>"), ("B", "<b>S</b>"), ("B", "T"), ("X", "Y"), ("Y", "X")]


@pytest.fixture(scope="module")
def campus():
    rows = [{"source_id": source, "type": "FEEDS", "target_id": target} for source, target in SUPPLY]
    return Campus.of(from_records(ASSETS, rows))


QUESTIONS = {
    "impact": (lambda c: c.impact("B", out=["X"]), lambda d: 1 + len(d["lost"]) + len(d["degraded"]) + 2),
    "sweep": (lambda c: c.sweep(), lambda d: len(d["rows"])),
    "sweep with trips": (lambda c: c.sweep(overload="trip"), lambda d: len(d["rows"])),
    "pairs": (lambda c: c.pairs(), lambda d: len(d["rows"])),
    "pairs with trips": (lambda c: c.pairs(overload="trip"), lambda d: len(d["rows"])),
    "no pairs": (lambda c: c.pairs(["Pump"]), lambda _: 0),
    "cut sets": (lambda c: c.cut_sets("<b>S</b>"), lambda d: len(d["cut_sets"])),
    "all cut sets": (lambda c: c.all_cut_sets(), lambda d: sum(len(row["cut_sets"]) for row in d["rows"])),
    "single points": (lambda c: c.single_points(), lambda d: len(d["rows"])),
    "check": (lambda c: c.check("A"), lambda d: len(d["single_points"])),
    "independence": (lambda c: c.audit_independence(), lambda d: len(d["findings"])),
    "tier": (lambda c: c.audit_tier(), lambda d: len(d["findings"])),
    "availability": (lambda c: c.availability(), lambda d: len(d["rows"])),
    "black start": (lambda c: c.black_start(), lambda d: sum(map(len, d["rounds"])) + len(d["never"])),
    "restoration": (lambda c: c.restoration("U"), lambda d: sum(map(len, d["rounds"])) + len(d["never"])),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_is_a_table(campus, name):
    ask, rows = QUESTIONS[name]
    answer = ask(campus)
    found = answer.to_frame()
    assert isinstance(found, polars.DataFrame)
    assert found.columns == list(answer.COLUMNS)
    assert len(found) == rows(answer.to_dict())
    assert polars.Null not in found.dtypes
    other = answer.to_frame("pandas")
    assert isinstance(other, pandas.DataFrame)
    assert (list(other.columns), len(other)) == (found.columns, len(found))


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_shows_itself(campus, name):
    answer = QUESTIONS[name][0](campus)
    assert repr(answer) == f"<{type(answer).__name__}: {answer.headline}>"
    assert "\n" not in repr(answer)
    page = answer._repr_html_()
    assert "<b>" not in page
    assert page.count("<tr>") == (1 + len(answer.to_frame()) if len(answer.to_frame()) else 0)
    console = Console(width=100, record=True)
    console.print(answer)
    told = console.export_text()
    assert answer.headline.split(":")[0][:60] in told
    if len(answer.to_frame()):
        assert all(column in told for column in answer.COLUMNS)


def test_what_an_answer_says(campus):
    assert campus.impact("B").headline == "if B fails: lost 1 Server; degraded 1 Server"
    assert campus.impact("B", out=["A"]).headline == "if B fails with A out: lost 2 Servers"
    assert "not concurrently maintainable" in campus.audit_tier().headline
    assert campus.check("A").headline == "may A be taken out: yes, leaving 1 single point of failure"
    assert "2 never start" in campus.black_start().headline
    rows = campus.impact("B").to_frame().rows()
    assert rows[0] == ("B", "Switchboard", "failed", False, None)
    assert rows[1] == ("T", "Server", "lost", False, "FEEDS")


def test_only_the_first_rows_are_shown():
    rows = Rows({"id": f"A{number}", "of": list("abcdef")} for number in range(12))
    assert rows == list(rows)
    assert rows.to_dict() == {"rows": list(rows)}
    assert "A9" in rows._repr_html_()
    assert "A10" not in rows._repr_html_()
    assert "a, b, c and 3 more" in rows._repr_html_()
    assert rows.to_frame().shape == (12, 2)
    assert Rows().to_frame().shape == (0, 0)
    assert Rows()._repr_html_() == "<p><strong>0 rows</strong></p>"


def test_another_library_is_refused():
    with pytest.raises(BadInput, match="polars or pandas"):
        frame([], {}, "arrow")


def test_a_campus_says_what_it_is(campus):
    assert repr(campus) == "<Campus of a topology: 7 assets>"
