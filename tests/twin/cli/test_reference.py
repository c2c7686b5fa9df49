"""The page of commands is what the commands say of themselves."""

import os
import subprocess
import sys
from pathlib import Path

from twin.cli.main import FAMILIES

DOCS = Path(__file__).parents[3] / "docs"
PRINT_PAGE = "import sys; from twin.cli.reference import page; sys.stdout.buffer.write(page().encode())"


def page() -> str:
    """The page as `make docs` writes it: in a process of its own, where no command has been called before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWIN_")}
    done = subprocess.run([sys.executable, "-c", PRINT_PAGE], env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def test_the_written_page_is_in_step_with_the_commands():
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_command_is_on_the_page():
    text = page()
    assert all(f"## twin {name}\n" in text for name in FAMILIES)
