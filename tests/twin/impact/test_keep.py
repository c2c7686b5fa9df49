"""What questions leave for the next of their kind stays within one bound, and is made once while it is kept."""

import mmap
import weakref
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.impact import _keep
from twin.impact.settle import settle_base
from twin.impact.warm import tiny

BYTES = 1_000


@dataclass(eq=False)
class Thing:
    """As large as it is asked to be; another may share its array."""

    array: NDArray[np.uint8]


Thing.__module__ = "twin.a_test"


@pytest.fixture
def base(monkeypatch):
    monkeypatch.setattr(_keep, "_entries", _keep.OrderedDict())
    monkeypatch.setattr(_keep, "_most", lambda _topology: 10 * BYTES)
    return settle_base(tiny())


@pytest.fixture
def made():
    return []


@pytest.fixture
def thing(made):
    @_keep.keep
    def make(_base, name: str, size: int) -> Thing:
        made.append(name)
        return Thing(np.zeros(size, np.uint8))

    return make


def test_what_is_kept_is_not_made_again(base, thing, made):
    assert thing(base, "a", BYTES) is thing(base, "a", BYTES)
    assert thing(settle_base(tiny()), "a", BYTES) is not thing(base, "a", BYTES)
    assert made == ["a", "a"]


def test_arrays_count_by_what_is_in_them(base, made):
    @_keep.keep
    def make(_base, scope) -> Thing:
        made.append(scope.tolist())
        return Thing(np.zeros(1, np.uint8))

    scope = np.zeros(len(base.topology), np.bool_)
    first = make(base, scope)
    assert make(base, scope.copy()) is first
    scope[1] = True
    assert make(base, scope) is not first
    assert make(base, np.array([1], np.int32)) is not make(base, np.array([1], np.uint8))
    assert len(made) == 4


def test_what_was_used_longest_ago_goes_first(base, thing, made):
    thing(base, "a", 6 * BYTES)
    thing(base, "b", 3 * BYTES)
    thing(base, "a", 6 * BYTES)
    thing(base, "c", 2 * BYTES)  # a and b are within the bound before
    thing(base, "d", BYTES)  # b goes
    made.clear()
    thing(base, "a", 6 * BYTES)
    thing(base, "c", 2 * BYTES)
    thing(base, "d", BYTES)
    assert made == []
    thing(base, "b", 3 * BYTES)
    assert made == ["b"]


def test_what_is_over_the_bound_by_itself_is_kept_until_more_is_made(base, thing, made):
    large = weakref.ref(thing(base, "large", 50 * BYTES))
    assert thing(base, "large", 50 * BYTES) is large()
    thing(base, "small", 1)
    assert large() is None
    assert made == ["large", "small"]


def test_an_array_that_two_share_is_counted_once(base, made):
    shared = np.zeros(8 * BYTES, np.uint8)

    @_keep.keep
    def make(_base, name: str) -> Thing:
        made.append(name)
        return Thing(shared[: BYTES * len(name)])

    for name in ("a", "bb", "a", "bb", "c", "a", "bb"):
        make(base, name)
    assert made == ["a", "bb", "c"]


def test_what_a_campus_holds_itself_and_mapped_files_cost_nothing(base, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(4096))
    with path.open("rb") as file:
        mapped = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    own = _keep.arrays_of(base.topology)
    assert own
    assert not _keep.arrays_of(mapped, [mapped[5:]], Thing(mapped[:7]))
    assert _keep.arrays_of((base.topology,)).keys() == own.keys()
    _keep.keep(lambda _base: Thing(base.topology.member))(base)
    held = _keep.arrays_of(base)
    assert _keep._held(own) == sum(size for array, size in held.items() if array not in own)


def test_so_many_are_kept_however_small(base, thing, made):
    for number in range(_keep.MOST + 1):
        thing(base, str(number), 0)
    made.clear()
    thing(base, str(_keep.MOST), 0)
    thing(base, "1", 0)
    assert made == []
    thing(base, "0", 0)
    assert made == ["0"]


def test_the_bound_grows_with_the_campus():
    topology = tiny()
    assert _keep._most(topology) == _keep.ALWAYS
    large = type("Large", (), {})()
    large.member = np.empty(_keep.ALWAYS * 4, np.uint8)
    assert _keep._most(large) == 2 * _keep.ALWAYS
