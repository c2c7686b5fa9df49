"""The page of commands is what the commands say of themselves."""

from pathlib import Path

from twin.cli.main import FAMILIES
from twin.cli.reference import page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_written_page_is_in_step_with_the_commands(monkeypatch):
    for name in ("TWIN_URI", "TWIN_USER", "TWIN_PASSWORD", "TWIN_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_command_is_on_the_page():
    text = page()
    assert all(f"## twin {name}\n" in text for name in FAMILIES)
