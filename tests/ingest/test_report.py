"""The data-quality report: what the score counts, and the page that people read."""

import io
import re
from html.parser import HTMLParser

from rich.console import Console

from ingest.difference import Difference
from ingest.quality import WEIGHTS, Quality, from_dict, measure
from ingest.records import AssetRecord, Extract, Finding, Place, RelationshipRecord
from ingest.report import Report, SourceReport, print_report
from ingest.report_page import page


def extract(file: str = "a.ifc", kind: str = "ifc") -> Extract:
    place = Place(file, item="#1")
    made = Extract("a", kind, (file,))
    made.assets = [
        AssetRecord("U", "UPS", {"rated_kw": 10.0, "x_m": 1.0}, place),
        AssetRecord("P", "PDU", {"x_m": 1.0}, place),
        AssetRecord("S", "Server", {}, place),
    ]
    made.relationships = [
        RelationshipRecord("U", "FEEDS", "P", {"need": 1}, place),
        RelationshipRecord("P", "FEEDS", "S", {"need": 1, "need_inferred": True}, place),
    ]
    return made


def test_shares_count_what_they_say() -> None:
    one = extract()
    place = Place("a.ifc", item="#9")
    one.findings = [Finding("x", "error", "dropped", place), Finding("y", "warning", "doubtful", place)]
    (quality,) = measure([one], {("P", "FEEDS"), ("S", "FEEDS")}, []).values()
    assert quality.shares["kept"] == (5, 6)
    assert quality.shares["sound"] == (4, 5)
    assert quality.shares["stated"] == (1, 2)
    assert quality.shares["rated"] == (1, 2)
    assert quality.shares["placed"] == (2, 3)
    assert quality.shares["connected"][0] == 2
    assert quality.shares["connected"][1] > 2


def test_score_is_the_weighted_mean_of_what_a_file_has() -> None:
    assert Quality(dict.fromkeys(WEIGHTS, (1, 1))).score == 100.0
    assert Quality(dict.fromkeys(WEIGHTS, (0, 1))).score == 0.0
    assert Quality({"kept": (1, 1), "rated": (0, 4)}).score == 80.0
    assert Quality({"kept": (1, 1), "rated": (0, 0)}).score == 100.0
    assert Quality({"kept": (999_999, 1_000_000)}).score == 99.9
    assert Quality().score == 100.0


def test_the_better_of_two_exports_of_the_same_thing_has_the_higher_score() -> None:
    good, bad = extract("good.ifc"), extract("bad.ifc")
    bad.assets[0].properties = {}
    bad.findings = [Finding("x", "error", "dropped", Place("bad.ifc"))]
    scores = {file: quality.score for file, quality in measure([good, bad], set(), []).items()}
    assert scores["good.ifc"] > scores["bad.ifc"]


def test_findings_of_the_whole_import_count_for_the_file_that_they_name() -> None:
    found = [Finding("x", "error", "dropped", Place("a.xlsx, sheet Assets", 3)), Finding("y", "error", "nowhere")]
    (quality,) = measure([extract("a.xlsx", "workbook")], set(), found).values()
    assert quality.shares["kept"] == (5, 6)


def test_quality_survives_json() -> None:
    quality = Quality({"kept": (3, 4), "rated": (0, 0)})
    assert from_dict(quality.to_dict()) == quality


class _Checker(HTMLParser):
    """Counts tags that were opened and not closed, and addresses that the page would load."""

    void = frozenset({"meta", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def report() -> Report:
    source = SourceReport("a<b", "ifc", ("a&b.ifc",), {"UPS": 1}, {}, [])
    source.quality = {"a&b.ifc": Quality({"kept": (1, 2)})}
    place = Place("a&b.ifc", item="#7 IfcPump 3x")
    source.findings = [Finding("dropped", "error", "<script>alert(1)</script>", place, ("P<1>",))] * 2_500
    source.findings.append(Finding("guess", "info", "inferred", None))
    return Report([source], assets={"new": 1}, relationships={"new": 0})


def test_the_page_is_whole_loads_nothing_and_hides_nothing() -> None:
    text = page(report())
    checker = _Checker()
    checker.feed(text)
    assert checker.open == []
    assert checker.loads == []
    assert "http" not in re.sub(r"<!doctype[^>]*>", "", text)
    shown = "".join(checker.text)
    assert "<script>alert(1)</script>" in shown
    assert "#7 IfcPump 3x" in shown
    assert "and 500 more" in shown
    assert "50 %" in shown
    assert "<script>alert" not in text


def test_what_changes_is_listed_unless_the_graph_was_empty() -> None:
    entries = {
        "changed": [{"id": "A<1>", "label": "Server", "values": {"serial": [None, "x" * 80], "draw_kw": [1.0, 2.0]}}],
        "gone": [{"id": f"G{n}", "label": "UPS"} for n in range(9)],
    }
    related = {"new": [{"source_id": "A", "type": "FEEDS", "target_id": "B", "group": "power"}]}
    counts = {"new": 0, "changed": 1, "gone": 9, "unchanged": 4}
    told = Report(assets=counts, relationships={"new": 1}, difference=Difference(entries, related), dry_run=True)
    text = io.StringIO()
    print_report(told, Console(file=text, width=200))
    assert "A<1> (Server): serial none → 'xxx" in text.getvalue()
    assert "draw_kw 1.0 → 2.0" in text.getvalue()
    assert "… and 4 more" in text.getvalue()
    assert "A FEEDS B (power)" in text.getvalue()
    shown = page(told)
    assert "What would change" in shown
    assert "A&lt;1&gt; (Server)" in shown
    assert "G8 (UPS)" in shown
    first = Report(assets={"new": 1, "changed": 0}, difference=Difference({"new": [{"id": "A", "label": "UPS"}]}))
    assert "What changed" not in page(first)
