"""The Cypher library: named, parameterised queries for people who live in Neo4j Browser.

Each is a file of `library/`, whose first comment lines say what it answers, its parameters (with kind, what they name,
and default) and its columns. The command `twin queries`, the Browser guide and the saved-query files all come from
these files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

from schema.errors import BadInput, UnknownAsset
from schema.labels import LABELS
from schema.supply import SUPPLY_TYPES
from twin.words import clipped

if TYPE_CHECKING:
    from twin.graph import Store

_KINDS: Final[dict[str, type | tuple[type, ...]]] = {"text": str, "list": list, "number": (int, float)}
_PARAMETER: Final = re.compile(
    r"param (?P<name>\w+): (?P<kind>text|list|number)(?: of (?P<of>assets|supplies|labels))?"
    r"(?: = (?P<default>\S.*?))?\. (?P<what>.*)"
)


@dataclass(frozen=True)
class Parameter:
    """A parameter: `default` None means that it must be given; `of`: what it names, where that has to exist."""

    name: str
    kind: str
    what: str
    default: Any = None
    of: str = ""

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is None


@dataclass(frozen=True)
class Query:
    """A named query: what it answers, its parameters, its columns (name or names, what they hold), its Cypher."""

    name: str
    title: str
    notes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    columns: tuple[tuple[str, str], ...]
    cypher: str

    def bound(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters; raises BadInput for one that is unknown, missing or of another kind."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise BadInput(f"--param {name!r}: query {self.name!r} takes {', '.join(known) or 'no parameters'}")
        values: dict[str, Any] = {}
        for name, parameter in known.items():
            value = given.get(name, parameter.default)
            if value is None:
                raise BadInput(f"query {self.name!r} needs --param {name}=… ({parameter.what.rstrip('.')})")
            values[name] = _fitting(self.name, parameter, value)
        return values


def _fitting(query: str, parameter: Parameter, value: Any) -> Any:
    """Return the value as the kind asks: one id stands for a list of one, a number for its text."""
    fitting = _of_kind(query, parameter, value)
    known = {"labels": ("Asset", *LABELS), "supplies": SUPPLY_TYPES}.get(parameter.of, ())
    for name in fitting if known else ():
        if name not in known:
            raise BadInput(f"--param {parameter.name!r}: {name!r} is none of {', '.join(sorted(known))}")
    return fitting


def _of_kind(query: str, parameter: Parameter, value: Any) -> Any:
    if parameter.kind == "list" and not isinstance(value, list):
        return [str(value)]
    if parameter.kind == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, _KINDS[parameter.kind]):
        raise BadInput(f"--param {parameter.name!r}: query {query!r} needs a {parameter.kind}, not {value!r}")
    if isinstance(value, int | float) and value < 1:
        raise BadInput(f"--param {parameter.name!r}: query {query!r} needs a number from 1, not {value!r}")
    return cast("Any", value)


@cache
def library() -> dict[str, Query]:
    """Return every query by name, in the order of names."""
    files = (resources.files("twin.queries") / "library").iterdir()
    found = {file.name.removesuffix(".cypher"): file for file in files if file.name.endswith(".cypher")}
    return {name: parse(name, found[name].read_text(encoding="utf-8")) for name in sorted(found)}


def get(name: str) -> Query:
    """Return one query. Raises BadInput where there is none of that name."""
    try:
        return library()[name]
    except KeyError:
        raise BadInput(f"no query {name!r}; there are {', '.join(library())}") from None


def parse(name: str, text: str) -> Query:
    """Read one file of the library. Raises ValueError where its head is not understood."""
    lines = text.splitlines()
    size = next(number for number, line in enumerate(lines) if not line.startswith("//"))
    head = [line.removeprefix("//").strip() for line in lines[:size]]
    parameters = tuple(_parameter(name, line) for line in head if line.startswith("param "))
    columns = tuple(_column(line) for line in head if line.startswith("column "))
    notes = tuple(line for line in head[1:] if not line.startswith(("param ", "column ")))
    return Query(name, head[0], notes, parameters, columns, "\n".join(lines[size:]) + "\n")


def _parameter(query: str, line: str) -> Parameter:
    match = _PARAMETER.fullmatch(line)
    if match is None:
        raise ValueError(f"{query}: {line}")
    default = match["default"]
    value = None if default is None else json.loads(default)
    return Parameter(match["name"], match["kind"], match["what"], value, match["of"] or "")


def _column(line: str) -> tuple[str, str]:
    names, _, what = line.removeprefix("column ").partition(": ")
    return names, what


def run(store: Store, name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a query of the library; return its rows as plain data.

    Raises UnknownAsset for a parameter that names an asset which is not there: no rows would look like an answer.
    """
    from twin.graph.ask import ask  # noqa: PLC0415 - listing the library needs no database

    query = get(name)
    values = query.bound(parameters)
    for parameter in query.parameters:
        if parameter.of == "assets":
            _require(store, parameter.name, values[parameter.name])
    return ask(store, query.cypher, values)[0]


def _require(store: Store, parameter: str, ids: str | list[str]) -> None:
    asked = ids if isinstance(ids, list) else [ids]
    query = "UNWIND $ids AS id WITH id WHERE NOT EXISTS { (:Asset {id: id}) } RETURN id LIMIT 1"
    for row in store.read(query, ids=asked):
        raise UnknownAsset(f"--param {parameter!r}: no asset {clipped(str(row['id']))}")
