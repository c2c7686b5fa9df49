"""The parameters of the reference campus: each with its value, unit, flag and source.

An assumed value is a parameter, never a constant in the code. `documented` is a published fact of the Shaoguan
campus or of the generation before it, `typical` is common engineering practice, `derived` follows from documented
values, and `assumed` is our choice until somebody knows better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from ingest.campus.parameter_table import TABLE
from schema.errors import BadInput

Flag = Literal["documented", "typical", "derived", "assumed"]
Value = float | int | str

SIZE_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `unit` is empty where it has none."""

    name: str
    value: Value
    unit: str
    flag: Flag
    source: str
    description: str

    def to_dict(self) -> dict[str, Value]:
        """All fields, for `--json` and for the manifest."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "flag": self.flag,
            "source": self.source,
            "description": self.description,
        }


class Parameters:
    """All parameters by name, immutable; `with_values` gives a changed copy."""

    def __init__(self, table: Mapping[str, Parameter]) -> None:
        self._table = dict(table)

    def __iter__(self):
        return iter(self._table.values())

    def number(self, name: str) -> float:
        """A parameter as a real number."""
        return float(self._table[name].value)

    def whole(self, name: str) -> int:
        """A parameter as a whole number."""
        return int(self._table[name].value)

    def flag(self, name: str) -> bool:
        """A parameter that is 1 or 0 as a truth value."""
        return self.whole(name) != 0

    def optional(self, name: str) -> float | None:
        """A parameter as a real number, None where there is none of that name."""
        return self.number(name) if name in self._table else None

    def size_m(self, label: str) -> tuple[float, float, float]:
        """Length, width and height in metres of equipment of this label."""
        return _size(str(self._table[f"size_m.{label}"].value), f"size_m.{label}")

    def with_values(self, changes: Mapping[str, str]) -> Parameters:
        """A copy with the values changed (NAME → text); BadInput where a name is unknown or a value is wrong."""
        table = dict(self._table)
        for name, text in changes.items():
            if name not in table:
                raise BadInput(f"--set {name}: there is no such parameter (`twin campus --parameters` lists all)")
            table[name] = replace(table[name], value=_parse(table[name], text), flag="assumed", source="--set")
        return Parameters(table)

    def to_list(self) -> list[dict[str, Value]]:
        """All parameters, in the order of their declaration."""
        return [parameter.to_dict() for parameter in self]


def _size(text: str, name: str) -> tuple[float, float, float]:
    parts = text.split("x")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != SIZE_PARTS or min(numbers) <= 0:
        raise BadInput(f"--set {name}={text}: expected LENGTHxWIDTHxHEIGHT in metres, such as 0.6x1.2x2.2")
    return (numbers[0], numbers[1], numbers[2])


def _parse(parameter: Parameter, text: str) -> Value:
    if isinstance(parameter.value, str):
        if parameter.name.startswith("size_m."):
            _size(text, parameter.name)
        return text
    try:
        number = float(text)
    except ValueError:
        raise BadInput(f"--set {parameter.name}={text}: expected a number") from None
    if not 0 <= number < float("inf"):
        raise BadInput(f"--set {parameter.name}={text}: expected a number from 0")
    if isinstance(parameter.value, int):
        if number != int(number):
            raise BadInput(f"--set {parameter.name}={text}: expected a whole number")
        return int(number)
    return number


def defaults() -> Parameters:
    """The parameters of the reference campus as declared."""
    return Parameters(
        {
            name: Parameter(name, value, unit, flag, source, description)
            for name, value, unit, flag, source, description in TABLE
        }
    )
