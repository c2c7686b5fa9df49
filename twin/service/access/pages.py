"""The two pages for people: signing in, and who they are."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from fastapi.responses import HTMLResponse

from twin.service.access.who import Who

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def sign_in(onward: str, *, wrong: str = "", user: str = "", provider: str = "", status: int = 200) -> HTMLResponse:
    """The page for signing in, that leads on to `onward`. `provider`: the name of an OpenID provider."""
    parts = ["<h1>campus twin</h1>", "<p>What fails if this fails?</p>"]
    if wrong:
        parts.append(f'<p class="wrong" role="alert">{escape(wrong)}</p>')
    hidden = f'<input type="hidden" name="next" value="{escape(onward)}">'
    focus = ("", " autofocus") if user else (" autofocus", "")
    parts.append(
        f'<form method="post" action="/login">{hidden}'
        f'<label for="user">User</label><input id="user" name="user" value="{escape(user)}" autocomplete="username"'
        f' autocapitalize="none" spellcheck="false" required{focus[0]}>'
        '<label for="password">Password</label><input id="password" name="password" type="password"'
        f' autocomplete="current-password" required{focus[1]}><button>Sign in</button></form>'
    )
    if provider:
        # A link, no form: browsers hold form-action for where a form is led on to as well.
        way = f"/login/provider?next={quote(onward, safe='')}"
        parts.append(f'<a class="button second" href="{escape(way)}">Sign in at {escape(provider)}</a>')
    return _page("Sign in", "\n".join(parts), status)


def account(who: Who, may: str) -> HTMLResponse:
    """The page that says who somebody is, and lets them go."""
    leave = '<form method="post" action="/logout"><button class="second">Sign out</button></form>'
    return _page(
        "You",
        f"<h1>{escape(who.name)}</h1>\n<p>{escape(who.role.word)}: {escape(may)}</p>\n"
        f'<a class="button" href="/">The campus</a>\n{leave if who.how == "session" else ""}',
    )


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    text = _frame().substitute(title=escape(title), body=body)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(text, status, headers)


@cache
def _frame() -> Template:
    return Template((Path(__file__).parent / "frame.html").read_text("utf-8"))
