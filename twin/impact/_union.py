"""Bounds on the probability that at least one of many sets of independent components is down as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

import numpy as np
from numpy.typing import NDArray

from twin.impact._bundle import Rows
from twin.impact._jit import kernel
from twin.impact._problem import runner
from twin.topology.model import Floats, Ints

MOST_EXACT = 16
"""Components among which a connected part of the sets is worked out exactly."""


@dataclass(frozen=True)
class Bounds:
    """lower ≤ probability ≤ upper; both the same where it is exact."""

    lower: float
    upper: float
    is_exact: bool


def union_bounds(members: Ints, unavailability: Floats, *, many: int = 1) -> Bounds:
    """Of sets k × 3 (-1: none) of components with these probabilities (n) of being down, none containing another.

    `many`: so many questions of this size are asked, so that kernels are worth the compiler earlier.

    Sets that share no component, even through others, are independent parts and multiply. A part of up to `MOST_EXACT`
    components is exact (all its states). Of a larger one the upper bound is the lesser of the sum and the minimal cut
    upper bound of Esary and Proschan, 1 − Π(1 − P(C)); the lower bound the greater of the likeliest P(C) and
    Bonferroni's sum less that of all pairs.
    """
    up_lower = up_upper = 1.0
    exact = True
    for part in parts(members, many=many):
        bounds = _part(members[part], unavailability, many)
        up_lower *= 1.0 - bounds.upper
        up_upper *= 1.0 - bounds.lower
        exact = exact and bounds.is_exact
    lower, upper = _complement(up_upper), _complement(up_lower)
    return Bounds(lower, lower if exact else max(lower, upper), exact)


def parts(members: Ints, *, many: int = 1) -> list[NDArray[np.int64]]:
    """The sets that hang together by shared components, as lists of rows."""
    if not len(members):
        return []
    numbers = np.unique(members, return_inverse=True)[1].reshape(-1, 3).astype(np.int32)
    label = runner(len(members) * many)(connected)(numbers, np.ascontiguousarray(members < 0))
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


@kernel
def connected(numbers: Rows, absent: Annotated[NDArray[np.bool_], 2]) -> Ints:
    """For each set the first set that it hangs together with (union-find over shared components)."""
    root = np.arange(len(numbers)).astype(np.int32)
    seen = np.full(numbers.max() + 1, -1, np.int32)
    for row in range(len(numbers)):
        for column in range(3):
            if absent[row, column]:
                continue
            number = numbers[row, column]
            if seen[number] < 0:
                seen[number] = row
            one, other = row, seen[number]
            while root[one] != one:
                root[one] = root[root[one]]
                one = root[one]
            while root[other] != other:
                root[other] = root[root[other]]
                other = root[other]
            root[max(one, other)] = min(one, other)
    for row in range(len(numbers)):
        while root[root[row]] != root[row]:
            root[row] = root[root[row]]
    return root


def _part(members: Ints, unavailability: Floats, many: int) -> Bounds:
    components, numbers = np.unique(members[members >= 0], return_inverse=True)
    chance = np.where(members >= 0, unavailability[members], 1.0).prod(axis=1)
    if len(chance) == 1:
        return Bounds(float(chance[0]), float(chance[0]), True)
    if len(components) <= MOST_EXACT:
        bits = np.zeros(members.shape, np.int64)
        bits[members >= 0] = 1 << numbers
        value = _all_states(bits.sum(axis=1), unavailability[components])
        return Bounds(value, value, True)
    several = float(chance.sum())
    product = float(-np.expm1(np.log1p(-np.minimum(chance, 1 - 1e-16)).sum())) if chance.max() < 1 else 1.0
    every_pair = many * len(chance) ** 2 // 100  # as dear as that many nodes: worth the compiler from some 450 sets on
    both = runner(every_pair)(pair_sum)(np.ascontiguousarray(members, np.int32), chance, unavailability)
    return Bounds(max(float(chance.max()), several - both), min(1.0, several, product), False)


def _all_states(masks: NDArray[np.int64], unavailability: Floats) -> float:
    """The exact probability, from the states of all components of a part."""
    count = len(unavailability)
    states = np.arange(1 << count)
    down = np.zeros(len(states), np.bool_)
    for mask in masks.tolist():
        down |= (states & mask) == mask
    weight = np.ones(1)
    for chance in unavailability.tolist():
        weight = np.concatenate([weight * (1 - chance), weight * chance])
    return cast("float", weight[down].sum().item())


@kernel
def pair_sum(members: Rows, chance: Floats, unavailability: Floats) -> float:
    """The sum over all pairs of sets of the probability that both are down."""
    total = 0.0
    for one in range(len(members)):
        for other in range(one + 1, len(members)):
            both = chance[one] * chance[other]
            for a in range(3):
                component = members[one, a]
                if component < 0 or unavailability[component] == 0:
                    continue
                for b in range(3):
                    if members[other, b] == component:
                        both /= unavailability[component]
            total += both
    return total


def at_least(unavailability: Floats, count: int, *, many: int = 1) -> float:
    """The probability that at least `count` of independent components are down; `many` as in `union_bounds`.

    Above the value by rounding only: each step sums terms of one sign.
    """
    return min(1.0, runner(len(unavailability) * many)(reached)(unavailability, count))


@kernel
def reached(unavailability: Floats, count: int) -> float:
    """The probability that at least `count` (1 or more) of independent components are down, before it is capped."""
    exactly = np.zeros(count + 1)
    exactly[0] = 1.0
    for place in range(len(unavailability)):
        chance = unavailability[place]
        exactly[count] += exactly[count - 1] * chance
        for number in range(count - 1, 0, -1):
            exactly[number] = exactly[number] * (1 - chance) + exactly[number - 1] * chance
        exactly[0] *= 1 - chance
    return float(exactly[count])


def _complement(up: float) -> float:
    return min(1.0, max(0.0, 1.0 - up))
