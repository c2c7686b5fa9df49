"""The rooms of the house: what may import what, and that no dependency takes our names."""

import ast
import importlib.metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("schema", "ingest", "twin", "viz")
ROOF = ("twin.cli", "twin.service")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """All modules that a file imports anywhere in it, as absolute dotted names."""
    found: set[str] = set()
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def inside(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def allowed(module: str, imported: str) -> bool:
    """Whether architecture.md lets this module of ours import that module of ours."""
    if inside(module, *ROOF):
        return True
    if inside(imported, *ROOF):
        return False
    if inside(module, "schema"):
        return inside(imported, "schema")
    if inside(module, "twin.graph"):
        return inside(imported, "schema", "twin.graph")
    if inside(module, "ingest"):
        return inside(imported, "schema", "ingest", "twin.graph")
    if inside(module, "viz"):
        return inside(imported, "schema", "viz", "twin")
    return inside(imported, "schema", "twin")


OUR_FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_all_rooms_have_modules():
    assert {path.relative_to(ROOT).parts[0] for path in OUR_FILES} == set(ROOMS)


@pytest.mark.parametrize("path", OUR_FILES, ids=module_name)
def test_imports_run_in_one_direction(path):
    module = module_name(path)
    wrong = {name for name in imports(path) if inside(name, *ROOMS) and not allowed(module, name)}
    assert not wrong, f"{module} must not import {sorted(wrong)}"


@pytest.mark.parametrize(
    ("module", "imported", "expected"),
    [
        ("schema.labels", "twin.graph.store", False),
        ("twin.graph.store", "twin.topology.model", False),
        ("twin.graph.store", "schema.labels", True),
        ("ingest.load", "twin.graph.store", True),
        ("ingest.load", "twin.topology", False),
        ("viz.scene", "twin.topology", True),
        ("viz.scene", "ingest.records", False),
        ("viz.scene", "twin.cli.console", False),
        ("twin.impact.settle", "viz.scene", False),
        ("twin.cli.view", "viz.scene", True),
    ],
)
def test_the_rule_itself_tells_right_from_wrong(module, imported, expected):
    assert allowed(module, imported) is expected


def test_no_dependency_ships_a_top_level_module_of_our_names():
    ours = "campus-twin"
    clashes = {
        (distribution.name, str(file))
        for distribution in importlib.metadata.distributions()
        if distribution.name != ours
        for file in distribution.files or ()
        if file.parts[0] in ROOMS or str(file) in {f"{room}.py" for room in ROOMS}
    }
    assert not clashes
