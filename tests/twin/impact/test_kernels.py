"""Machine code is found again by another process, and tells before it is made."""

import os
import subprocess
import sys

import pytest

from twin.impact import _jit, sweep
from twin.impact.settle import settle_base
from twin.impact.warm import tiny

PRINT = "from twin.impact import _cutsolve, _jit; print(_jit._fingerprint(_cutsolve.solve))"


def test_the_name_of_machine_code_is_the_same_in_every_process():
    """`solve` calls a kernel with a comprehension, a constant whose `repr` holds an address."""
    names = {subprocess.run([sys.executable, "-c", PRINT], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(names) == 1
    assert names.pop().strip()


_KEEPS = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["copied"] = module
spec.loader.exec_module(module)
from twin.impact._jit import compiled
double = compiled(module.double)
assert double(2) == 4
print(sum(double.stats.cache_hits.values()))
"""


def test_another_checkout_finds_the_machine_code_of_the_first(tmp_path):
    """The second copy stands in another folder, at another line, beside another function."""
    source = "from twin.impact._jit import kernel\n{more}\n@kernel\ndef double(x):\n    return x + x\n"
    hits = []
    for name, more in (("first", ""), ("second", "\n\ndef other():\n    pass\n")):
        copy = tmp_path / name / "copied.py"
        copy.parent.mkdir()
        copy.write_text(source.format(more=more))
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        run = subprocess.run(
            [sys.executable, "-c", _KEEPS, str(copy)], capture_output=True, text=True, check=True, env=environment
        )
        hits.append(int(run.stdout))
    assert hits == [0, 1]


_LINKS = """
import importlib.util, sys
import numpy as np
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["copied"] = module
spec.loader.exec_module(module)
from twin.impact._jit import compiled
values = np.arange(5, dtype=np.int32)
for name in sys.argv[2:]:
    assert compiled(getattr(module, name))(values) == {"total": 10, "twice": 20}[name]
    print(sum(compiled(getattr(module, name)).stats.cache_hits.values()))
"""
_LINKED = """
import numpy as np
from twin.topology.model import Ints
from twin.impact._jit import kernel

@kernel
def total(values: Ints) -> int:
    return int(values.sum())

@kernel
def twice(values: Ints) -> int:
    return 2 * total(values)
"""


def test_a_kernel_is_linked_with_one_whose_intermediate_code_was_let_go(tmp_path):
    """`total` is found on disk and called from Python; then `twice`, which calls it, is compiled for the first time."""
    copy = tmp_path / "copied.py"
    copy.write_text(_LINKED)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    printed = [
        subprocess.run(
            [sys.executable, "-c", _LINKS, copy, *names], capture_output=True, text=True, check=True, env=environment
        ).stdout.split()
        for names in (["total"], ["total", "twice"], ["twice", "total"])
    ]
    assert printed == [["0"], ["1", "0"], ["1", "1"]]


def test_named_tuples_are_part_of_the_name(monkeypatch):
    before = _jit._fingerprint.__wrapped__(sweep.run_sweep)
    changed = type("Found", (sweep.Found,), {"_fields": tuple(reversed(sweep.Found._fields))})
    monkeypatch.setitem(sweep.run_sweep.__globals__, "Found", changed)
    assert _jit._fingerprint.__wrapped__(sweep.run_sweep) != before


@pytest.mark.parametrize("known", [False, True])
def test_compiling_is_announced_once_where_no_machine_code_is_kept(monkeypatch, tmp_path, known):
    if known:
        (tmp_path / "kernel.nbi").write_bytes(b"")
    told = []
    monkeypatch.setattr(_jit, "_folder_of", lambda _: tmp_path)
    monkeypatch.setattr(_jit, "_is_kept", _jit._is_kept.__wrapped__)  # another test may have had it looked up
    monkeypatch.setattr(_jit, "_callable", lambda function: function)
    monkeypatch.setattr(_jit, "_listeners", [])
    _jit.when_compiling(lambda: told.append(1))
    for _ in range(2):
        assert _jit.compiled(sweep.run_sweep) is sweep.run_sweep
    assert told == ([] if known else [1])


def test_the_campus_to_warm_with_has_something_for_every_kernel():
    topology = tiny()
    assert not topology.problems
    assert len(topology.loop_type)
    assert len(topology.standby_group)
    assert settle_base(topology).fell.sum() == 0


def test_a_temporary_folder_that_others_could_have_made_holds_no_machine_code(monkeypatch, tmp_path):
    unwritable = tmp_path / "file"
    unwritable.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(unwritable))
    monkeypatch.setattr(_jit.tempfile, "gettempdir", lambda: str(tmp_path))
    shared = tmp_path / f"campus-twin-{_jit.os.getuid()}"

    assert _jit._cache_folder("k").is_relative_to(shared)
    assert shared.stat().st_mode & 0o777 == 0o700

    shared.chmod(0o777)
    assert not _jit._cache_folder("k").is_relative_to(shared)

    shared.rename(tmp_path / "elsewhere")
    shared.symlink_to(tmp_path / "elsewhere")
    assert not _jit._cache_folder("k").is_relative_to(shared)
