"""The data-quality report: what was understood, what was not, and what the import changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.difference import Difference, line
from ingest.quality import WEIGHTS, Quality
from ingest.records import Finding, count_by

if TYPE_CHECKING:
    from rich.console import Console

_MOST_SHOWN = 12
_MOST_LISTED = 5  # of what is new, changed, restored or gone


@dataclass(slots=True)
class SourceReport:
    """What came of one source. `unchanged_files` is true where its files were not even read again."""

    name: str
    kind: str
    files: tuple[str, ...]
    assets: dict[str, int]
    """Label → number of assets."""
    relationships: dict[str, int]
    """Type → number of relationships."""
    findings: list[Finding]
    unchanged_files: bool = False
    quality: dict[str, Quality] = field(default_factory=dict[str, Quality])
    """Of each file."""

    @property
    def score(self) -> float:
        """From 0 to 100, of all its files taken together."""
        shares = {
            name: (
                sum(quality.shares[name][0] for quality in self.quality.values() if name in quality.shares),
                sum(quality.shares[name][1] for quality in self.quality.values() if name in quality.shares),
            )
            for name in WEIGHTS
        }
        return Quality(shares).score

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "files": list(self.files),
            "assets": self.assets,
            "relationships": self.relationships,
            "score": self.score,
            "quality": {file: quality.to_dict() for file, quality in self.quality.items()},
            "unchanged_files": self.unchanged_files,
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(slots=True)
class Report:
    """What an import did, or with `dry_run` would do."""

    sources: list[SourceReport] = field(default_factory=list[SourceReport])
    findings: list[Finding] = field(default_factory=list[Finding])
    """Findings that belong to no single source."""
    assets: dict[str, int] = field(default_factory=dict[str, int])
    """new, restored, changed, gone, unchanged → number of assets."""
    relationships: dict[str, int] = field(default_factory=dict[str, int])
    difference: Difference = field(default_factory=Difference)
    """Which they are."""
    dry_run: bool = False
    seconds: float = 0.0

    @property
    def all_findings(self) -> list[Finding]:
        """The findings of all sources, errors first."""
        order = {"error": 0, "warning": 1, "info": 2}
        found = [*self.findings, *(finding for source in self.sources for finding in source.findings)]
        return sorted(found, key=lambda finding: order[finding.severity])

    @property
    def errors(self) -> list[Finding]:
        """The findings for which `--strict` refuses."""
        return [finding for finding in self.all_findings if finding.severity == "error"]

    def listed(self) -> Iterator[tuple[str, str, int, list[dict[str, Any]]]]:
        """What changes: new, changed, …; assets or relationships; how many, and some. None if the graph was empty."""
        if any(count for word, count in self.assets.items() if word != "new"):
            for what, counts, entries in (
                ("assets", self.assets, self.difference.assets),
                ("relationships", self.relationships, self.difference.relationships),
            ):
                for word, some in entries.items():
                    yield word, what, counts[word], some

    @property
    def changed(self) -> bool:
        """Whether the import changed anything (with `dry_run`: would change)."""
        return any(
            count for part in (self.assets, self.relationships) for name, count in part.items() if name != "unchanged"
        )

    def to_dict(self) -> dict[str, Any]:
        """The report as one JSON document."""
        levels = count_by(finding.severity for finding in self.all_findings)
        return {
            "dry_run": self.dry_run,
            "changed": self.changed,
            "assets": self.assets,
            "relationships": self.relationships,
            "difference": self.difference.to_dict(),
            "labels": _sum(source.assets for source in self.sources),
            "types": _sum(source.relationships for source in self.sources),
            "errors": levels.get("error", 0),
            "warnings": levels.get("warning", 0),
            "notes": levels.get("info", 0),
            "sources": [source.to_dict() for source in self.sources],
            "findings": [finding.to_dict() for finding in self.all_findings],
            "seconds": round(self.seconds, 3),
        }


def _sum(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return dict(sorted(total.items()))


def print_report(report: Report, console: Console) -> None:
    """Print a report to a terminal: files, findings by kind with the first of each, and what changed."""
    from rich.table import Table  # noqa: PLC0415 - only where it is drawn
    from rich.text import Text  # noqa: PLC0415

    table = Table("source", "kind", "assets", "relationships", "errors", "warnings", "score", box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for source in report.sources:
        levels = count_by(finding.severity for finding in source.findings)
        table.add_row(
            Text(source.name),
            source.kind,
            f"{sum(source.assets.values()):,}",
            f"{sum(source.relationships.values()):,}",
            f"{levels.get('error', 0):,}",
            f"{levels.get('warning', 0):,}",
            f"{source.score:.1f}",
        )
    console.print(table)
    _print_findings(report, console)
    _print_difference(report, console)
    console.print(Text(_summary(report), style="bold"))


def _print_findings(report: Report, console: Console) -> None:
    from rich.text import Text  # noqa: PLC0415

    styles = {"error": "bold red", "warning": "yellow", "info": "dim"}
    by_code: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.all_findings:
        by_code.setdefault((finding.severity, finding.code), []).append(finding)
    for (severity, code), findings in by_code.items():
        word = {"error": "error", "warning": "warning", "info": "note"}[severity]
        console.print(Text.assemble((f"{word} ", styles[severity]), (code, "bold"), f" × {len(findings)}"))
        for finding in findings[: _MOST_SHOWN if severity == "error" else 3]:
            console.print(Text(f"  {finding}"), soft_wrap=True)
        left = len(findings) - (_MOST_SHOWN if severity == "error" else 3)
        if left > 0:
            console.print(Text(f"  … and {left:,} more (--report FILE writes all)", style="dim"))


def _print_difference(report: Report, console: Console) -> None:
    """Tell which things change."""
    from rich.text import Text  # noqa: PLC0415

    for word, what, count, listed in report.listed():
        console.print(Text.assemble((f"{word} {what}", "bold"), f" × {count:,}"))
        for entry in listed[:_MOST_LISTED]:
            console.print(Text(f"  {line(entry)}"), soft_wrap=True)
        if (left := count - _MOST_LISTED) > 0:
            console.print(Text(f"  … and {left:,} more (--report FILE lists them)", style="dim"))


def _summary(report: Report) -> str:
    verb = "would be" if report.dry_run else "are"
    if not report.changed:
        assets, relationships = (part.get("unchanged", 0) for part in (report.assets, report.relationships))
        return f"Nothing changed: {assets:,} assets and {relationships:,} relationships {verb} as they were."
    lines = [
        f"{name}: " + ", ".join(f"{count:,} {word}" for word, count in part.items() if count or word == "new")
        for name, part in (("Assets", report.assets), ("Relationships", report.relationships))
    ]
    done = "Dry run, nothing was written. " if report.dry_run else ""
    return f"{done}{'; '.join(lines)}. {report.seconds:.1f} s."
