"""The commands `users` and `tokens`: who may use the service, and what was done."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from twin.access.roles import WORDS, Role
from twin.cli import console
from twin.cli.audited import audited

if TYPE_CHECKING:
    from twin.access.people import People

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
_ROLE = click.Choice(WORDS, case_sensitive=False)


@click.group()
def users() -> None:
    """Who may use `twin serve`; without users it serves this machine alone.

    Each role may do what those before it may: viewer (look and ask), operator (acknowledge alarms, save and delete
    scenarios), editor (ingest), admin (see the audit log).
    """


@users.command("add")
@click.argument("name")
@click.option("--role", type=_ROLE, required=True, help="What they may do.")
@click.option("--oidc", is_flag=True, help="They sign in at the OpenID provider, under this name.")
def add(name: str, role: str, oidc: bool) -> None:
    """Add a user. The password is asked for, or read from standard input, one line."""
    password = None if oidc else _new_password()
    with _people() as people, audited("user.add", name, role=role.lower(), oidc=oidc):
        people.add(name, Role.of(role), password)
    click.echo(f"{name} is {_a(role)} now", err=True)


@users.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List the users and their roles."""
    with _people() as people:
        rows = [
            {
                "name": user.name,
                "role": user.role.word,
                "signs_in": "provider" if user.provider else "password",
                "made": _time(user.made_s),
                "tokens": len(people.tokens(user.name)),
            }
            for user in people.users()
        ]
    _shown(rows, as_json=as_json, none="no users: `twin serve` serves this machine alone")


@users.command("passwd")
@click.argument("name")
def passwd(name: str) -> None:
    """Change a password, asked for or read from standard input; sessions of the user end."""
    password = _new_password()
    with _people() as people, audited("user.passwd", name):
        people.set_password(name, password)
    click.echo(f"{name} has another password now", err=True)


@users.command("role")
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Give a user another role, at once."""
    with _people() as people, audited("user.role", name, role=role.lower()):
        people.set_role(name, Role.of(role))
    click.echo(f"{name} is {_a(role)} now", err=True)


@users.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove a user, with tokens and sessions, at once."""
    with _people() as people, audited("user.remove", name):
        people.remove(name)
        left = people.any()
    click.echo(f"{name} is removed", err=True)
    if not left:
        click.echo("no users are left: the next `twin serve` serves this machine alone, without signing in", err=True)


@users.command("log")
@click.option("--since", metavar="WHEN", help="How long ago (2h, 7d), or an ISO time; without it all.")
@click.option("--who", default="", metavar="NAME", help="What this user did.")
@click.option("--what", default="", metavar="WORD", help="What is of this kind, or begins so: scenario, ingest, user …")
@_JSON
def log(since: str | None, who: str, what: str, as_json: bool) -> None:
    """Show the audit log: every write, saved question and sign-in, with who, when (UTC) and result."""
    from twin.access.audit import Audit  # noqa: PLC0415
    from twin.graph.endpoint import twin_home  # noqa: PLC0415
    from twin.live.history.spans import moment_s  # noqa: PLC0415

    begin = "" if since is None else _time(moment_s(since, time.time(), "--since"))
    rows = Audit(twin_home()).lines(begin, who=who, what=what)
    if as_json:
        console.print_json({"rows": rows})
        return
    from twin.cli.rows import show  # noqa: PLC0415

    # To the second and without the zone, which is UTC: a line of a terminal has room for what was done.
    show([{"at": row["at"][:19], **{k: row.get(k, "") for k in ("who", "what", "on", "result")}} for row in rows])


@click.group()
def tokens() -> None:
    """Tokens, by which programs use the REST API in the name of a user."""


@tokens.command("add")
@click.argument("name")
@click.option("--user", required=True, metavar="NAME", help="In whose name; it may do at most what they may.")
@click.option("--role", type=_ROLE, help="At most this role; without it that of the user.")
@click.option("--expires", metavar="T", help="After so long (30d, 1y); without it never.")
def add_token(name: str, user: str, role: str | None, expires: str | None) -> None:
    """Make a token called NAME and print it, this once: only its hash is kept."""
    from twin.live.history.spans import duration_s  # noqa: PLC0415

    lasts_s = None if expires is None else duration_s(expires, "--expires")
    with _people() as people, audited("token.add", name, user=user, role=role) as known:
        made = people.add_token(user, name, None if role is None else Role.of(role), lasts_s)
        known["id"] = made.id
    click.echo(made.text)
    click.echo(f"that was token {made.id}; it is not shown again", err=True)


@tokens.command("list")
@click.option("--user", metavar="NAME", help="Those of this user.")
@_JSON
def list_tokens(user: str | None, as_json: bool) -> None:
    """List the tokens, without their secrets."""
    with _people() as people:
        rows = [
            {
                "id": token.id,
                "user": token.user,
                "name": token.name,
                "role": token.role.word,
                "made": _time(token.made_s),
                "expires": _time(token.until_s) if token.until_s else "never",
                "used": _time(token.used_s) if token.used_s else "never",
            }
            for token in people.tokens(user)
        ]
    _shown(rows, as_json=as_json, none="no tokens")


@tokens.command("revoke")
@click.argument("id", metavar="ID")
def revoke(id: str) -> None:  # noqa: A002 - the name of the argument
    """End the token of this id, at once."""
    with _people() as people, audited("token.revoke", id) as known:
        found = people.revoke(id)
        known.update(user=found.user, name=found.name)
    click.echo(f"token {id} ({found.name}, of {found.user}) is revoked", err=True)


@contextmanager
def _people() -> Generator[People]:
    from twin.access.people import People  # noqa: PLC0415 - `twin --help` opens no file
    from twin.graph.endpoint import twin_home  # noqa: PLC0415

    with People(twin_home()) as people:
        yield people


def _new_password() -> str:
    """A password from the terminal, unseen and twice, or the first line of standard input; never an argument."""
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    return sys.stdin.readline().rstrip("\r\n")


def _shown(rows: list[dict[str, Any]], *, as_json: bool, none: str) -> None:
    from twin.cli.rows import show  # noqa: PLC0415

    if as_json:
        console.print_json({"rows": rows})
    elif rows:
        show(rows)
    else:
        click.echo(none)


def _a(role: str) -> str:
    return f"{'an' if role[0].lower() in 'aeo' else 'a'} {role.lower()}"


def _time(at_s: float) -> str:
    from twin.live.history.spans import iso  # noqa: PLC0415

    return iso(round(at_s))


COMMANDS: list[click.Command] = [users, tokens]
