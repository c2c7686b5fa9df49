"""What is derived from the declarations: Cypher, JSON Schema, the reference page."""

import json
import re
from pathlib import Path

import pytest

import schema
from schema import cypher
from schema.jsonschema import json_schema
from schema.reference import page

ROOT = Path(__file__).parents[2]


def test_every_label_and_type_has_an_upsert():
    for label in schema.LABELS:
        assert f"SET a:`{label}`" in cypher.upsert_assets(label)
    for name, declared in schema.RELATIONSHIPS.items():
        assert ("{group: row.group}" in cypher.upsert_relationships(name)) == declared.supply


@pytest.mark.parametrize("name", ["Teapot", "Server`) DETACH DELETE (n", "", "asset"])
def test_a_name_that_is_not_declared_never_becomes_part_of_a_query(name):
    with pytest.raises(KeyError):
        cypher.quoted(name)
    with pytest.raises(KeyError):
        cypher.upsert_assets(name)


def test_constraints_and_indexes_have_names_of_their_own_and_can_be_run_again():
    statements = cypher.constraints() + cypher.indexes()
    names = [re.search(r"(?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS", text).group(1) for text in statements]
    assert len(names) == len(set(names))


def test_the_json_schema_knows_every_label_and_type():
    document = json_schema()
    references = {entry["$ref"] for entry in document["oneOf"]}
    assert references == {f"#/$defs/{name}" for name in (*schema.LABELS, *schema.RELATIONSHIPS)}
    ups = document["$defs"]["UPS"]
    assert ups["properties"]["label"] == {"const": "UPS"}
    assert document["$defs"]["_asset"]["properties"]["efficiency"] == {
        "type": "number",
        "description": "Power out over power in; default 1.",
        "exclusiveMinimum": 0.0,
        "maximum": 1.0,
    }


def test_the_written_reference_is_in_step_with_the_declarations():
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == page(), "run `make docs`"
    assert json.loads((ROOT / "docs" / "schema.json").read_text(encoding="utf-8")) == json_schema(), "run `make docs`"
