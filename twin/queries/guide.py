"""Write the library for Neo4j Browser: `python -m twin.queries.guide` writes docs/browser.

`guide.html` is a guide, one slide a query, whose queries run at a click; `saved/` holds a file a query, to be dropped
on Browser's saved-scripts pane.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from twin.queries import Parameter, Query, library

EXAMPLE = "an-id-of-yours"


def files() -> dict[str, str]:
    """Return all files by their path below docs/browser."""
    queries = list(library().values())
    saved = {f"saved/{query.name}.cypher": _saved(query) for query in queries}
    return {"guide.html": _guide(queries), "README.md": _readme(queries), **saved}


def _example(parameter: Parameter) -> str:
    if not parameter.required:
        return json.dumps(parameter.default)
    return json.dumps([EXAMPLE]) if parameter.kind == "list" else json.dumps(EXAMPLE)


def _settings(query: Query) -> list[str]:
    return [f":param {parameter.name} => {_example(parameter)}" for parameter in query.parameters]


def _saved(query: Query) -> str:
    lines = [f"// {query.name}: {query.title}", *(f"// {note}" for note in query.notes)]
    lines += [f"// Set first:  {line}   {p.what}" for line, p in zip(_settings(query), query.parameters, strict=True)]
    return "\n".join(lines) + "\n" + query.cypher


def _guide(queries: list[Query]) -> str:
    slides = "\n".join(_slide(query) for query in queries)
    return (
        '<article class="guide">\n<carousel class="deck container-fluid">\n'
        '<slide class="row-fluid"><div class="col-sm-12"><h3>The campus in Cypher</h3>\n'
        "<p>Named queries of campus twin. Set the parameters of a slide, then run its query with a click. "
        "<code>twin queries</code> runs the same ones.</p>\n"
        f"<ul>{''.join(f'<li><b>{escape(q.name)}</b>: {escape(q.title)}</li>' for q in queries)}</ul></div></slide>\n"
        f"{slides}\n</carousel>\n</article>\n"
    )


def _slide(query: Query) -> str:
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in query.notes)
    settings = "".join(f'<pre class="pre-scrollable code runnable">{escape(line)}</pre>\n' for line in _settings(query))
    columns = "".join(f"<li><b>{escape(names)}</b>: {escape(what)}</li>" for names, what in query.columns)
    return (
        f'<slide class="row-fluid"><div class="col-sm-12"><h3>{escape(query.name)}</h3>\n'
        f"<p>{escape(query.title)}</p>\n{notes}{settings}"
        f'<pre class="pre-scrollable code runnable">{escape(query.cypher)}</pre>\n<ul>{columns}</ul></div></slide>'
    )


def _readme(queries: list[Query]) -> str:
    lines = [
        "# The Cypher library in Neo4j Browser",
        "",
        "`twin up` prints the address of Neo4j Browser. Drop the files of `saved/` on its pane of saved scripts. Or",
        "serve `guide.html` from a host that the server's setting `browser.remote_content_hostname_allowlist` names,",
        "and open it with `:play http://…/guide.html`.",
        "",
        "All is written by `python -m twin.queries.guide` from `twin/queries/library`.",
        "",
    ]
    for query in queries:
        lines += [f"## {query.name}", "", query.title, *query.notes, ""]
        lines += [
            f"- `${p.name}` ({p.kind}{'' if p.required else f', default `{json.dumps(p.default)}`'}): {p.what}"
            for p in query.parameters
        ]
        lines += [f"- column {names}: {what}" for names, what in query.columns]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write docs/browser beside this checkout's packages."""
    target = Path(__file__).parents[2] / "docs" / "browser"
    for name, text in files().items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
