"""The commands `scenarios list|show|compare|delete`: saved questions."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console
from twin.cli.audited import audited
from twin.cli.options import Where, connection

if TYPE_CHECKING:
    from twin.graph import Store

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
SHOWN_IDS = 12


@contextmanager
def _store(where: Where) -> Generator[Store]:
    from twin.graph import connect  # noqa: PLC0415

    with (
        console.progress() as progress,
        connect(where.uri, where.auth, where.database, progress=progress) as opened,
    ):
        yield opened


@click.group()
def scenarios() -> None:
    """Questions saved with `twin impact … --save NAME`."""


@scenarios.command("list")
@connection
@_JSON
def list_(where: Where, as_json: bool) -> None:
    """List the saved scenarios."""
    from twin.cli.rows import show  # noqa: PLC0415
    from twin.scenarios import listed  # noqa: PLC0415

    with _store(where) as store:
        rows = listed(store)
    if as_json:
        console.print_json({"rows": rows})
        return
    show([{**row, "question": _told(row["question"]), "saved_at": _at(row["saved_at"])} for row in rows])


@scenarios.command()
@connection
@click.argument("name")
@_JSON
def show(where: Where, name: str, as_json: bool) -> None:
    """Show one scenario."""
    from twin import scenarios as saved  # noqa: PLC0415
    from twin.words import counts  # noqa: PLC0415

    with _store(where) as store:
        document = saved.show(store, name)
    if as_json:
        console.print_json(document)
        return
    click.echo(f"{name}: {_told(document['question'])}; saved {_at(document['saved_at'])}")
    for part in ("lost", "degraded"):
        by_label = document["totals"][part]
        click.echo(f"  {part} {len(document[part]):,}: {counts(by_label) or 'nothing'}")
        if document[part]:
            click.echo(f"    {_ids(document[part])}")
    click.echo(f"  the lost drew {document['totals']['lost_kw']:,.1f} kW")


@scenarios.command()
@connection
@click.argument("first")
@click.argument("second")
@_JSON
def compare(where: Where, first: str, second: str, as_json: bool) -> None:
    """Tell what FIRST loses that SECOND does not, and the other way round."""
    from twin import scenarios as saved  # noqa: PLC0415

    with _store(where) as store:
        document = saved.compare(store, first, second)
    if as_json:
        console.print_json(document)
        return
    for key in ("first", "second"):
        head = document[key]
        click.echo(
            f"{head['name']}: {_told(head['question'])}; {head['lost']} lost ({head['lost_kw']:,.1f} kW),"
            f" {head['degraded']} degraded"
        )
    for part in ("lost", "degraded"):
        for key, whose in (("only_first", f"only {first}"), ("only_second", f"only {second}"), ("both", "both")):
            ids = document[part][key]
            click.echo(f"  {part}, {whose}: {len(ids)}{'  ' if ids else ''}{_ids(ids)}")


@scenarios.command()
@connection
@click.argument("name")
def delete(where: Where, name: str) -> None:
    """Delete one scenario; the campus stays as it is."""
    from twin import scenarios as saved  # noqa: PLC0415
    from twin.graph.endpoint import twin_home  # noqa: PLC0415

    with _store(where) as store, audited("scenario.delete", name):
        saved.delete(store, twin_home(), name)
    click.echo(f"scenario {name!r} is deleted")


def _told(question: Mapping[str, Any]) -> str:
    failed = _ids(question.get("failed", [])) or "?"
    out = question.get("out", [])
    text = f"{failed} fails" + (f" while {_ids(out)} is out" if out else "")
    limit = question.get("limit", 1.0)
    if question.get("overload") == "trip":
        text += ", overloads trip"
    return text if limit == 1.0 else f"{text}, limit {limit:g}"


def _ids(ids: list[str]) -> str:
    more = f" … and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
    return ", ".join(ids[:SHOWN_IDS]) + more


def _at(saved_at: str | None) -> str:
    """The time of saving, to the second."""
    return saved_at[:19].replace("T", " ") + " UTC" if saved_at else "in part"


COMMANDS: list[click.Command] = [scenarios]
