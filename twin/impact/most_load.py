"""The most load that an asset can ever carry, so that some never trip, whatever happens."""

from __future__ import annotations

import numpy as np

from twin.impact.load import ratings
from twin.impact.load_plan import Walk, plan
from twin.impact.reach import places
from twin.topology.model import Bools, Floats, Ints, Topology


def never_overloaded(topology: Topology, limit: float) -> Bools:
    """Which assets (n) carry no more than their ratings times `limit` in any state: all may take all from each of them.

    A consumer draws at most what it draws when up, and what it takes over a group comes from one supplier at the most.
    Loops of FEEDS or COOLS, and what they take from, are not looked into: infinite.
    """
    draw = np.maximum(topology.draw_kw, 0.0)
    ways = plan(topology)
    with np.errstate(invalid="ignore"):
        load = _most(topology, ways.power, draw, 1.0 / topology.efficiency)
        lost = load * (1.0 / topology.efficiency - 1.0)
        heat = np.where(np.isnan(topology.heat_kw), draw + lost, np.maximum(topology.heat_kw, 0.0))
        cooling = _most(topology, ways.cooling, heat, np.ones(len(topology)))
        fits = load <= ratings(topology.rated_kw, limit)
        return fits & (cooling <= ratings(topology.rated_cooling_kw, limit))


def _most(topology: Topology, walk: Walk, own: Floats, factor: Floats) -> Floats:
    """The most load over one type (n, kW): `own` and `factor` (n), what is taken besides and for each kW carried."""
    most = np.zeros(len(topology))
    of_loops = np.flatnonzero(topology.loop_of_group >= 0).astype(np.int32)
    for step in walk.steps:
        endless = of_loops[np.isin(topology.loop_of_group[of_loops], step.loops)]
        most[topology.group_owner[endless]] = np.inf
        most[topology.member[places(topology.member_start, endless)]] = np.inf
        owner = topology.group_owner[step.groups]
        taken = topology.group_portion[step.groups] * (own[owner] + most[owner] * factor[owner])
        np.add.at(most, topology.member[step.entries], taken[step.at])
    return most


def terms_of_load(topology: Topology) -> Ints:
    """A number (n) of what decides how an asset passes on the load that it carries; 0 for those that carry none."""
    terms = np.zeros(len(topology), np.int32)
    carriers = suppliers_of(topology, topology.group_type <= 1)
    efficiency, losses = topology.efficiency[carriers], np.isnan(topology.heat_kw[carriers])
    terms[carriers] = 2 * np.searchsorted(np.unique(efficiency), efficiency) + losses + 1
    return terms


def suppliers_of(topology: Topology, groups: Bools) -> Ints:
    """The suppliers of these groups (g), ascending."""
    mask = np.zeros(len(topology), np.bool_)
    mask[topology.member[np.repeat(groups, np.diff(topology.member_start))]] = True
    return np.flatnonzero(mask).astype(np.int32)
