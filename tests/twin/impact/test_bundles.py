"""Bundles: named tuples to Python, one address to compiled kernels; what is declared is what is taken."""

from typing import Annotated, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.impact import _jit, sweep
from twin.impact._bundle import bundle, copy_of
from twin.impact._jit import compiled, kernel, lean_kernel
from twin.impact.settle import Scenario, settle_base
from twin.impact.warm import tiny

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Table = Annotated[NDArray[np.int32], 2]


@bundle
class Inner(NamedTuple):
    weights: Floats
    factor: int


@bundle
class Outer(NamedTuple):
    places: Ints
    inner: Inner
    totals: Floats


@lean_kernel
def weigh(outer: Outer, start: int, table: Table, doubled: bool) -> float:
    total = 0.0
    for at in range(start, len(outer.places)):
        total += outer.inner.weights[outer.places[at]] * outer.inner.factor * table[at, 1]
    if doubled:
        total *= 2.0
    outer.totals[0] = total
    return total


@kernel
def calls(outer: Outer, table: Table) -> float:
    return weigh(outer, np.int32(1), table, True) + weigh(outer, 0, table, False)


def example(places: Ints) -> Outer:
    return Outer(places, Inner(np.array([1.0, 10.0, 100.0]), 3), np.zeros(2))


def test_a_compiled_kernel_reads_and_writes_the_arrays_of_a_bundle():
    outer, table = example(np.array([2, 0, 1], np.int32)), np.arange(6, dtype=np.int32).reshape(3, 2)
    assert compiled(calls)(outer, table) == calls(outer, table)
    assert outer.totals[0] == weigh(outer, 0, table, False)


def test_read_only_arrays_are_read_by_the_same_code():
    places = np.array([1, 1], np.int32)
    places.flags.writeable = False
    table = np.ones((2, 2), np.int32)
    assert compiled(calls)(example(places), table) == calls(example(places), table)


@pytest.mark.parametrize(
    "places", [np.array([1, 1]), np.arange(6, dtype=np.int32)[::2], np.ones((2, 2), np.int32)], ids=str
)
def test_arrays_of_another_kind_are_refused(places):
    with pytest.raises(TypeError, match=r"Outer\.places takes"):
        compiled(calls)(example(places), np.ones((2, 2), np.int32))
    with pytest.raises(TypeError, match="calls takes"):
        compiled(calls)(example(np.zeros(1, np.int32)), places[0])


def test_a_bundle_stays_a_named_tuple():
    inner = Inner(np.zeros(1), 2)._replace(factor=4)
    assert type(inner) is Inner
    assert inner.factor == 4
    assert Inner._fields == ("weights", "factor")


def test_a_copy_has_arrays_of_its_own_but_for_those_it_shares():
    table = np.arange(6, dtype=np.int32).reshape(3, 2)
    outer = example(np.array([2, 0, 1], np.int32))
    assert compiled(calls)(outer, table) == compiled(calls)(copy_of(outer), table)  # not by the address of the first
    other = copy_of(outer, outer.inner)
    other.places[:] = 0
    assert compiled(calls)(other, table) == calls(other, table) != calls(outer, table)
    assert outer.places.tolist() == [2, 0, 1]
    assert other.inner is outer.inner


def test_what_is_one_array_in_a_bundle_is_one_in_its_copy():
    one = np.ones(3)
    copy = copy_of(Outer(np.zeros(1, np.int32), Inner(one, 5), one))
    assert copy.inner.weights is copy.totals
    assert copy.totals is not one
    assert copy_of(copy, copy.inner).totals is copy.totals


def test_a_small_campus_does_not_wait_for_the_compiler_though_numba_is_loaded(monkeypatch):
    monkeypatch.setattr(_jit, "is_loaded", lambda: True)
    monkeypatch.setattr(_jit, "_is_kept", lambda _: False)
    monkeypatch.setattr(_jit, "_callable", lambda function: pytest.fail(f"{function.__name__} was compiled"))
    base = settle_base(tiny())
    scenario = Scenario(base)
    scenario.fail([0])
    assert len(sweep.sweep(base)) > 0
