"""Users, tokens and sessions: what is kept of secrets, who may read it, and what ends what."""

from __future__ import annotations

import stat
import threading
import time

import pytest

from schema.errors import BadInput, Unreachable
from twin.access import people as module
from twin.access.people import People
from twin.access.roles import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def people(tmp_path):
    with People(tmp_path) as opened:
        yield opened


def test_no_users_make_no_file(people):
    assert not people.any()
    assert people.users() == []
    assert people.with_password("anna", PASSWORD) is None
    assert people.with_session("x") is None
    assert not people.file.exists()


def test_a_password_lets_in_whose_it_is(people):
    people.add("anna", Role.EDITOR, PASSWORD)
    found = people.with_password("ANNA", PASSWORD)
    assert found
    assert (found.name, found.role) == ("anna", Role.EDITOR)
    assert people.with_password("anna", PASSWORD + " ") is None
    assert people.with_password("ben", PASSWORD) is None


def test_no_secret_is_in_the_files_and_nobody_else_may_read_them(people):
    people.add("anna", Role.ADMIN, PASSWORD)
    token = people.add_token("anna", "ci")
    session = people.begin_session("anna")
    files = list(people.file.parent.iterdir())
    assert files
    for file in files:
        content = file.read_bytes()
        for secret in (PASSWORD, token.text, token.text.rsplit("_", 1)[1], session):
            assert secret.encode() not in content
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(people.file.parent.stat().st_mode) == 0o700
    kept = people.kept_password("anna")
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1025, "anna.smith.jones"])
def test_passwords_that_are_refused(people, password):
    with pytest.raises(BadInput, match="password"):
        people.add("Anna.Smith.Jones", Role.VIEWER, password)
    assert not people.any()


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "a\nb", "ä", "x" * 101, "<script>"])
def test_names_that_are_refused(people, name):
    with pytest.raises(BadInput, match="no name for a user"):
        people.add(name, Role.VIEWER, PASSWORD)


def test_a_name_is_there_once_however_it_is_written(people):
    people.add("anna", Role.VIEWER, PASSWORD)
    with pytest.raises(BadInput, match="already"):
        people.add("Anna", Role.ADMIN, PASSWORD)


def test_a_token_may_at_most_what_it_and_its_user_may(people):
    people.add("anna", Role.EDITOR, PASSWORD)
    low = people.add_token("anna", "low", Role.VIEWER)
    high = people.add_token("anna", "high", Role.ADMIN)
    assert people.with_token(low.text)[0].role == Role.VIEWER
    assert people.with_token(high.text)[0].role == Role.EDITOR
    people.set_role("anna", Role.OPERATOR)
    assert people.with_token(high.text)[0].role == Role.OPERATOR


def test_a_token_ends_when_revoked_when_it_expires_and_with_its_user(people, monkeypatch):
    people.add("anna", Role.VIEWER, PASSWORD)
    revoked, short, last = (people.add_token("anna", name, lasts_s=lasts) for name, lasts in
                            (("a", None), ("b", 60.0), ("c", None)))  # fmt: skip
    assert all(people.with_token(token.text) for token in (revoked, short, last))
    people.revoke(revoked.id)
    assert people.with_token(revoked.text) is None
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 61)
    assert people.with_token(short.text) is None
    assert people.with_token(last.text)
    people.remove("anna")
    assert people.with_token(last.text) is None
    assert people.tokens() == []
    with pytest.raises(BadInput, match="no token"):
        people.revoke(last.id)


@pytest.mark.parametrize("change", ["", "x", "twin__", "twin_000000000000_" + "a" * 43])
def test_what_is_no_token(people, change):
    people.add("anna", Role.VIEWER, PASSWORD)
    token = people.add_token("anna", "ci")
    assert people.with_token(change) is None
    last = "A" if token.text[-1] != "A" else "B"
    assert people.with_token(token.text[:-1] + last) is None
    assert people.with_token(token.text + "x") is None


def test_a_session_ends_signed_out_in_time_by_another_password_and_with_its_user(people, monkeypatch):
    people.add("anna", Role.VIEWER, PASSWORD)
    people.add("ben", Role.VIEWER, PASSWORD)
    out, other = people.begin_session("anna"), people.begin_session("ben")
    people.end_session(out)
    assert people.with_session(out) is None
    again = people.begin_session("anna")
    people.set_password("anna", "something else 1")
    assert people.with_session(again) is None
    assert people.with_session(other).name == "ben"
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + module.SESSION_S + 1)
    assert people.with_session(other) is None


def test_a_user_of_a_provider_has_no_password(people):
    people.add("anna@example.org", Role.VIEWER, None)
    assert people.user("anna@example.org").provider
    assert people.with_password("anna@example.org", "") is None
    with pytest.raises(BadInput, match="provider"):
        people.set_password("anna@example.org", PASSWORD)


def test_a_change_by_another_process_holds_at_once(people, tmp_path):
    people.add("anna", Role.VIEWER, PASSWORD)
    with People(tmp_path) as server:
        assert server.user("anna").role == Role.VIEWER
        people.set_role("anna", Role.ADMIN)
        assert server.user("anna").role == Role.ADMIN
        people.remove("anna")
        assert not server.any()


def test_many_threads_lose_nothing(people):
    people.add("anna", Role.VIEWER, PASSWORD)
    made: list[str] = []

    def make():
        made.extend(people.add_token("anna", f"t{number}").text for number in range(20))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(people.tokens("anna")) == 160
    assert all(people.with_token(text) for text in made)


def test_a_file_that_is_no_database_is_one_line(people):
    people.file.parent.mkdir(parents=True)
    people.file.write_bytes(b"no database" * 100)
    with pytest.raises(Unreachable, match=r"people\.sqlite"):
        people.any()
