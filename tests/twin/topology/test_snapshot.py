"""A snapshot comes back as it was, and is not trusted when it was cut or changed."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import campuses

from schema.errors import AmbiguousAsset, UnknownAsset
from twin.topology import from_records
from twin.topology.build import index_order
from twin.topology.columns import asset_columns, relationship_columns
from twin.topology.lookup import find
from twin.topology.snapshot import PIECE, let_go, load_arrays, save_arrays
from twin.topology.store import FILE, details_of, load, load_details, save
from twin.topology.strings import Ids

PUMPS = [
    {"id": "B1-P1", "label": "Pump", "name": "Pump", "serial": "S1", "x_m": 1.5, "placement": "schematic"},
    {"id": "B1-P2", "label": "Pump", "name": "Pump", "global_id": "2O2Fr$t4X7Zf8NOew3FNr2"},
    {"id": "CH-1", "label": "Chiller", "name": "Kühler 1"},
]


def same(one, other):
    if isinstance(one, Ids):
        return list(one) == list(other) and (one.rank == other.rank).all()
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(records=campuses(space=True, standby=True))
def test_a_snapshot_comes_back_as_it_was(records, tmp_path):
    topology = from_records(records.assets, records.relationships)
    save(topology, tmp_path)
    again = load(tmp_path)
    for field in fields(topology):
        assert same(getattr(topology, field.name), getattr(again, field.name)), field.name


@pytest.mark.parametrize("harm", ["empty", "cut", "changed", "other format", "absent"])
def test_a_harmed_snapshot_is_not_trusted(harm, tmp_path):
    save(from_records(PUMPS, []), tmp_path)
    file = tmp_path / FILE
    whole = bytearray(file.read_bytes())
    if harm == "absent":
        file.unlink()
    else:
        middle = len(whole) - len(whole) // 4
        changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        versions = {"empty": b"", "cut": whole[:-64], "changed": changed}
        versions["other format"] = whole.replace(b'"format": ', b'"format":9')
        file.write_bytes(versions[harm])
    assert load(tmp_path) is None


def resident_bytes(path):
    """Of what is mapped of a file, how much is in memory."""
    found, held = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0]:
            found = line.endswith(str(path))
        elif found and line.startswith("Rss:"):
            held += int(line.split()[1]) * 1024
    return held


def test_only_what_was_read_of_a_snapshot_is_in_memory(tmp_path):
    arrays = {name: np.arange(PIECE // 4, dtype=np.int64) * at for at, name in enumerate("abcd", 1)}
    path = tmp_path / "arrays.bin"
    save_arrays(path, arrays, {"of": "a test"})
    found, facts = load_arrays(path)
    assert facts == {"of": "a test"}
    assert resident_bytes(path) < PIECE / 4
    assert int(found["c"].sum()) == int(arrays["c"].sum())
    assert 2 * PIECE <= resident_bytes(path) < 3 * PIECE
    let_go()
    assert resident_bytes(path) < PIECE / 4
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_details_are_those_of_the_version(tmp_path):
    topology, columns = from_records(PUMPS, []), asset_columns(PUMPS)
    details = details_of(topology.version, columns, index_order(columns, relationship_columns(columns, [])))
    save(topology, tmp_path, details)
    again = load_details(tmp_path, topology.version)
    assert list(again.name) == ["Pump", "Pump", "Kühler 1"]
    assert again.placement.x_m[0] == 1.5
    assert np.isnan(again.placement.x_m[1])
    assert again.placement.schematic.tolist() == [True, False, False]
    assert load_details(tmp_path, "another") is None


@pytest.mark.parametrize(
    ("text", "index"), [("B1-P1", 0), ("S1", 0), ("2O2Fr$t4X7Zf8NOew3FNr2", 1), ("Kühler 1", 2), ("CH-1", 2)]
)
def test_an_asset_is_found_by_what_is_unique(text, index):
    assert find(from_records(PUMPS, []), details, text) == index


def details():
    columns = asset_columns(PUMPS)
    return details_of("", columns, index_order(columns, relationship_columns(columns, [])))


def test_an_unknown_asset_comes_with_near_matches():
    with pytest.raises(UnknownAsset, match=r"no asset 'b1-p1'; near: B1-P1, B1-P2"):
        find(from_records(PUMPS, []), details, "b1-p1")


def test_what_no_asset_can_be_called_is_told_on_one_bearable_line():
    with pytest.raises(UnknownAsset, match=r"no asset '\\udcff': that is no text in UTF-8"):
        find(from_records(PUMPS, []), details, "\udcff")
    with pytest.raises(UnknownAsset) as caught:
        find(from_records(PUMPS, []), details, "x" * 5000)
    assert len(str(caught.value)) < 300


def test_an_ambiguous_name_lists_the_ids():
    with pytest.raises(AmbiguousAsset, match="'Pump' names 2 assets: B1-P1, B1-P2"):
        find(from_records(PUMPS, []), details, "Pump")
