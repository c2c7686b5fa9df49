"""What answers say beside the lost: what would be lost next, what is not known, what each failure added."""

import json
import warnings

import pytest

import twin
from twin.campus import Campus
from twin.cli import main
from twin.impact.independence import Independence
from twin.topology import from_records

ASSETS = [
    {"id": "U", "label": "UtilityFeed"},
    {"id": "A", "label": "UPS", "rated_kw": 5.0},
    {"id": "B", "label": "UPS", "rated_kw": 5.0},
    {"id": "C", "label": "UPS", "rated_kw": 7.0},
    {"id": "S", "label": "Server", "draw_kw": 9.0},
    {"id": "T", "label": "Server"},
]
SUPPLIES = [
    {"source_id": source, "type": "FEEDS", "target_id": target, "need_inferred": target == "T"}
    for source, target in (("U", "A"), ("U", "B"), ("U", "C"), ("A", "S"), ("B", "S"), ("C", "S"), ("A", "T"))
]


@pytest.fixture
def ask(monkeypatch, capsys):
    """Ask one command: U ─▶ A, B (5 kW each), C (7 kW) ─▶ S (9 kW, any of them); A ─▶ T, whose need is inferred."""
    monkeypatch.setattr(twin, "open", lambda *_, **__: Campus.of(from_records(ASSETS, SUPPLIES)), raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        assert main.run(list(arguments)) in (0, 1)
        return capsys.readouterr().out

    return run


def test_the_next_losses_stand_in_the_document_where_they_are_asked_for(ask):
    assert "single_points" not in json.loads(ask("impact", "A", "B", "--json"))
    assert json.loads(ask("impact", "A", "B", "--next", "--json"))["single_points"] == {"C": ["S"]}


def test_an_answer_at_risk_ends_with_the_way_to_the_next_losses(ask):
    lines = ask("impact", "A", "B").splitlines()
    assert lines[-1].startswith("What would be lost next: --next")
    assert "1 new single point" in ask("impact", "A", "B", "--next")
    assert "no single failure would lose a load" in ask("impact", "T", "--next")


@pytest.mark.parametrize("question", ["spof", "audit tier", "audit independence"])
def test_loads_that_are_down_already_are_told_where_the_answer_is_not_about_them(ask, question):
    words = question.split()
    assert "down in the base state" not in ask(*words)
    assert "1 load is down in the base state: not counted here" in ask(*words, "--out", "A")
    assert "2 loads are down in the base state: not counted here" in ask(*words, "--out", "U")


def test_an_overload_tells_what_each_failure_added(ask):
    told = ask("impact", "A", "B")
    assert all(part in told for part in ("+1.5 A", "+1.5 B", "+3.0 together"))
    (row,) = json.loads(ask("impact", "A", "B", "--json"))["overloaded"]
    assert (row["added_kw"], row["added_together_kw"]) == ({"A": 1.5, "B": 1.5}, 3.0)


@pytest.mark.parametrize(
    "question",
    [
        *("impact B", "sweep", "pairs", "cutsets S", "cutsets --all", "spof", "check B", "audit independence"),
        *("audit tier", "availability", "blackstart", "blackstart --after A"),
        *("sweep --overload trip", "pairs --overload trip"),
    ],
)
def test_every_answer_says_what_the_model_does_not_know(ask, question):
    model = json.loads(ask(*question.split(), "--json"))["model"]
    assert model.keys() == {"unknown", "inferred_needs", "unknown_unaffected_loads", "inferred_unaffected_loads"}
    assert model["inferred_needs"] == 1
    told = " ".join(ask(*question.split()).split())
    assert "Model: " in told
    assert f"1 need inferred ({model['inferred_unaffected_loads']} of the" in told


def test_availability_calls_loads_only_what_is_one(ask):
    assert "Availability of 2 loads" in ask("availability")
    told = " ".join(ask("availability", "S", "C").split())
    assert "Availability of 2 assets" in told
    assert "1 load" not in told
    assert "1 need inferred (0 of the assets asked about)" in told
    assert "Availability of 1 load\n" in ask("availability", "S")


def test_a_long_table_names_the_way_to_its_rest(monkeypatch, ask):
    """Of a command without --top that is not --top."""
    monkeypatch.setattr("twin.cli.reliability._SHOWN", 1)
    assert "… and 1 more (--json lists all)" in ask("availability")
    assert "… and 2 more (--top N shows more, --json all)" in ask("sweep", "--top", "2")


def test_pairs_that_break_are_all_counted_where_the_document_does_not_list_them(monkeypatch, ask):
    """A, B, C of S and their one source: three pairs, of which the document here holds one."""
    to_dict = Independence.to_dict
    monkeypatch.setattr(Independence, "to_dict", lambda answer: to_dict(answer, most=1))
    told = " ".join(ask("audit", "independence").split())
    assert told.startswith("Not independent: 3 pairs of suppliers")
    assert "The table is of 1 of them" in told


def test_an_asset_that_is_down_already_has_no_cut_sets_and_is_said_to_be_down(ask):
    """No cut sets alone would read as if nothing could take it down."""
    assert "T is down in the base state already" in ask("cutsets", "T", "--out", "A")
    document = json.loads(ask("cutsets", "T", "--out", "A", "--json"))
    assert (document["cut_sets"], document["down_before"]) == ([], ["T"])
    assert "down_before" not in json.loads(ask("cutsets", "T", "--json"))


def test_a_timeline_says_where_what_trips_is_no_part_of_it(ask):
    assert "Timeline\n" in ask("impact", "A", "--timeline")
    assert "Timeline (overloads take no part in it)" in ask("impact", "A", "--overload", "trip", "--timeline")


def test_a_check_that_says_no_tells_the_single_points_of_the_rest_as_well(ask):
    told = " ".join(ask("check", "A", "--out", "B").split())
    assert told.startswith("No. A out would lose 1 load: T And 1 single failure would lose more of what is safe now:")
    assert json.loads(ask("check", "A", "--out", "B", "--json"))["single_points"] == {"C": ["S"]}


def test_a_limit_beyond_all_numbers_is_no_limit_and_infinity_is_refused(ask, capsys):
    """JSON has no word for infinity."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert json.loads(ask("impact", "A", "B", "--limit", "1e308", "--json"))["overloaded"] == []
    for option in (["--limit", "inf"], ["--limit", "nan"], ["--timeline", "--until", "inf"]):
        assert main.run(["impact", "A", *option, "--json"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1


def test_availability_keeps_its_table_narrow(ask):
    told = ask("availability")
    assert max(map(len, told.splitlines())) <= 80
    assert "Unavailability" in told
    assert "no value" in told
