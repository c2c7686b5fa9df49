"""Ctrl-C ends a command, but never in the middle of what compiled code calls."""

import importlib
import signal
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from twin.cli import interrupts

_UNBEARABLE = sorted(interrupts._UNBEARABLE)  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def ours() -> Generator[None]:
    """Our way with Ctrl-C, in the place of whatever there is."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupts.set_up()
    yield
    signal.signal(signal.SIGINT, before)


def called(module: str, name: str) -> Callable[[Callable[[], Any]], str]:
    """A function that looks like the one of this module, and calls what it is given."""
    place: dict[str, Any] = {"__name__": module}
    exec(f"def {name}(act):\n    act()\n    return 'whole'\n", place)  # noqa: S102
    return place[name]


def struck() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("ours")
def test_it_is_raised_at_once_where_that_can_be_borne():
    with pytest.raises(KeyboardInterrupt):
        called("twin.impact.sweep", "sweep")(struck)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(("module", "name"), [*_UNBEARABLE, ("anywhere", "__del__")])
def test_it_waits_for_what_compiled_code_calls_to_return(module: str, name: str):
    assert called(module, name)(struck) == "whole"
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)


@pytest.mark.parametrize(("module", "name"), _UNBEARABLE)
def test_what_compiled_code_calls_is_still_called_so(module: str, name: str):
    found = importlib.import_module(module)
    assert hasattr(found, name) or hasattr(found.ExecutionEngine, name)


def test_who_started_us_may_have_it_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupts.set_up()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
