"""Where the public samples are; a test that asks for one that is not there is skipped."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(os.environ.get("CAMPUS_TWIN_SAMPLES", Path(__file__).parents[2].parent / "shared" / "samples"))


def sample(name: str) -> Path:
    """The path of a public sample."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path
