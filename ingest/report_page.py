"""The data-quality report as one HTML file that needs nothing else: for people, to read, search and pass on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from ingest.difference import line
from ingest.quality import MEANING, WEIGHTS, Quality
from ingest.records import Finding, Place
from ingest.report import Report

_MOST_ROWS: Final = 2_000  # of one kind; the JSON report has them all
_OPEN_UP_TO: Final = 10
_WORDS: Final = {"error": ("✖", "Errors"), "warning": ("▲", "Warnings"), "info": ("●", "Notes")}
_MEANS: Final = {
    "error": "Something was dropped, or the analysis will refuse the model.",
    "warning": "Kept, but doubtful.",
    "info": "What the ingest inferred or decided.",
}

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8885; --soft: #8881; --error: #c1440e; --warning: #946200; --info: #0b6aa8; }
@media (prefers-color-scheme: dark) { :root { --error: #ff8a5c; --warning: #f0c04a; --info: #6cc0f5; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2.2rem 0 .4rem; font-size: 1.2rem; } p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td.place, td.ids { overflow-wrap: anywhere; } td.place { width: 26%; } td.ids { width: 22%; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.card { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; }
.card b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); }
.bar { display: inline-block; width: 5rem; height: .6rem; background: var(--line); border-radius: .3rem; }
.bar i { display: block; height: 100%; background: var(--info); border-radius: .3rem; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } summary code { font-weight: 600; } .dim { opacity: .7; }
input { font: inherit; padding: .3rem .6rem; width: 24rem; max-width: 100%; }
@media print { details { break-inside: avoid; } input { display: none; } }
"""

_SCRIPT: Final = """
const box = document.getElementById("search");
box.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  for (const group of document.querySelectorAll("details.finding")) {
    let shown = 0;
    for (const row of group.querySelectorAll("tbody tr")) {
      const fits = !wanted || row.textContent.toLowerCase().includes(wanted)
        || group.dataset.code.includes(wanted);
      row.hidden = !fits;
      shown += fits;
    }
    group.hidden = !shown;
    if (wanted && shown) group.open = true;
  }
});
"""


def page(report: Report) -> str:
    """The report as the text of an HTML file."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    title = "Data quality of an import" + (" (dry run, nothing was written)" if report.dry_run else "")
    body = [
        f"<h1>{title}</h1>",
        f"<p class=dim>campus twin, {when}, {report.seconds:.1f} s</p>",
        _cards(report),
        _files(report),
        _difference(report),
        "<h2>Findings</h2><p><label>Search in ids, files and messages: <input id=search type=search></label></p>",
        *(_findings(severity, report.all_findings) for severity in _WORDS),
    ]
    return (
        '<!doctype html><html lang=en><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{''.join(body)}"
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _cards(report: Report) -> str:
    cards = [
        f"<div class=card><b>{counts[word]:,}</b>{called} {word}</div>"
        for called, counts in (("assets", report.assets), ("relationships", report.relationships))
        for word in ("new", "changed", "restored", "gone", "unchanged")
        if counts.get(word)
    ]
    for severity, (sign, word) in _WORDS.items():
        number = sum(finding.severity == severity for finding in report.all_findings)
        cards.append(f"<div class=card><b class={severity}>{sign} {number:,}</b>{word.lower()}</div>")
    return f"<div class=cards>{''.join(cards)}</div>"


def _files(report: Report) -> str:
    rows: list[str] = []
    for source in report.sources:
        for file, quality in source.quality.items():
            note = " <span class=dim>(unchanged, not read again)</span>" if source.unchanged_files else ""
            cells = "".join(_share(quality, name) for name in WEIGHTS)
            rows.append(
                f"<tr><td>{escape(source.name)}</td>"
                f'<td class=place title="{escape(file)}">{escape(Path(file).name)}{note}</td>'
                f"<td class=n><b>{quality.score:.1f}</b></td><td><span class=bar><i style='width:{quality.score:.0f}%'>"
                f"</i></span></td>{cells}</tr>"
            )
    heads = "".join(f'<th class=n title="{MEANING[name]}">{name}</th>' for name in WEIGHTS)
    terms = "; ".join(f"<b>{name}</b> ({WEIGHTS[name]}): {MEANING[name]}" for name in WEIGHTS)
    return (
        "<h2>Files</h2><div class=wide><table><thead><tr><th>source</th><th>file</th><th class=n>score</th><th></th>"
        f"{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f"<p class=dim>The score is the mean of the shares, weighted; – where a file has nothing for one. {terms}.</p>"
    )


def _difference(report: Report) -> str:
    """What is new, changed, restored or gone; nothing where the graph was empty before."""
    groups: list[str] = []
    for word, what, count, listed in report.listed():
        rows = "".join(f"<tr><td>{escape(line(entry))}</td></tr>" for entry in listed)
        left = count - len(listed)
        more = f"<p class=dim>… and {left:,} more.</p>" if left > 0 else ""
        groups.append(
            f"<details class=finding data-code={word}><summary><b>{word}</b> {what} × {count:,}</summary>"
            f"<div class=wide><table><tbody>{rows}</tbody></table></div>{more}</details>"
        )
    return f"<h2>What {'would change' if report.dry_run else 'changed'}</h2>{''.join(groups)}" if groups else ""


def _share(quality: Quality, name: str) -> str:
    good, total = quality.shares.get(name, (0, 0))
    if not total:
        return "<td class=n>–</td>"
    percent = 100.0 if good == total else min(99.9, 100 * good / total)
    return f'<td class=n title="{good:,} of {total:,} {MEANING[name]}">{percent:.3g} %</td>'


def _findings(severity: str, findings: Iterable[Finding]) -> str:
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity == severity:
            by_code.setdefault(finding.code, []).append(finding)
    if not by_code:
        return ""
    sign, word = _WORDS[severity]
    groups = "".join(_group(severity, sign, code, group) for code, group in by_code.items())
    return f"<h3 class={severity}>{sign} {word}</h3><p class=dim>{_MEANS[severity]}</p>{groups}"


def _group(severity: str, sign: str, code: str, findings: Sequence[Finding]) -> str:
    rows = "".join(map(_row, findings[:_MOST_ROWS]))
    more = len(findings) - _MOST_ROWS
    left = f"<p class=dim>… and {more:,} more, all of them in the report as JSON.</p>" if more > 0 else ""
    opened = " open" if severity != "info" and len(findings) <= _OPEN_UP_TO else ""
    return (
        f'<details class=finding data-code="{escape(code)}"{opened}><summary><span class={severity}>{sign}</span> '
        f"<code>{escape(code)}</code> × {len(findings):,}</summary><div class=wide><table><thead><tr><th>where</th>"
        f"<th>what</th><th>assets</th></tr></thead><tbody>{rows}</tbody></table></div>{left}</details>"
    )


def _row(finding: Finding) -> str:
    place = finding.place or Place("")
    ids = ", ".join(finding.ids)
    return (
        f"<tr><td class=place>{escape(str(place))}</td><td>{escape(finding.message)}</td>"
        f"<td class=ids>{escape(ids)}</td></tr>"
    )
