"""The classes of a schema as a plain file writes them: for each, a regular expression of its attributes.

Classes, the order of attributes and their types are those of ifcopenshell's schemas. An attribute that is no value of
its declared type does not fit, and the file is left to ifcopenshell, which says what such an attribute is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from ingest.readers.ifc.plain_index import TEXT, NotPlain

Decoder = Callable[[Any, bytes], Any]
"""From the model and an attribute as it is written, to its value."""

_ID: Final = rb"#[1-9][0-9]{0,8}"
_NUMBER: Final = rb"[-+]?(?:[0-9]{1,15}\.[0-9]*+(?:[Ee][-+]?[0-9]{1,2})?|[0-9]{1,18}(?![0-9.]))"
_LOGICAL: Final = rb"\.[TFU]\."
_ENUMERATION: Final = rb"\.[A-Z][A-Z0-9_]*+\."


def _several(part: bytes) -> bytes:
    return rb"\(\s*+(?:" + part + rb"\s*+(?:,\s*+" + part + rb"\s*+)*+)?+\)"


_SIMPLE: Final = rb"(?:" + TEXT + rb"|" + _NUMBER + rb"|" + _LOGICAL + rb")"
_TYPED: Final = rb"[A-Z][A-Z0-9_]*+\((?:" + _SIMPLE + rb"|" + _several(_NUMBER) + rb"|" + _several(_ID) + rb")\)"
_CHOICE: Final = rb"(?:" + _ID + rb"|" + _TYPED + rb")"
_CHOICES: Final = re.compile(_CHOICE)
_TEXTS: Final = re.compile(TEXT)
_ROWS: Final = re.compile(rb"\(([^()]*)\)")
_ESCAPES: Final = re.compile(r"''|\\\\|\\X2\\([0-9A-F]+)\\X0\\|\\X\\(..)|\\S\\(.)")
_LOGICALS: Final = {b".T.": True, b".F.": False, b".U.": "UNKNOWN"}


def text(_: Any, token: bytes) -> str:
    """A text without its quotes and escapes."""
    found = token[1:-1].decode("ascii")
    return _ESCAPES.sub(_unescaped, found) if "\\" in found or "'" in found else found


def _unescaped(found: re.Match[str]) -> str:
    wide, byte, shifted = found.groups()
    if wide:
        return bytes.fromhex(wide).decode("utf-16-be")
    if byte:
        return chr(int(byte, 16))
    return chr(ord(shifted) + 128) if shifted else found[0][0]


def number(_: Any, token: bytes) -> float | int:
    """A number, which is whole if it has no point."""
    return float(token) if b"." in token else int(token)


def numbers(_: Any, token: bytes) -> tuple[Any, ...]:
    """Numbers; where one has a point, none is whole."""
    inside = token[1:-1].strip()
    if not inside:
        return ()
    return tuple(map(float if b"." in inside else int, inside.split(b",")))


def _rows(_: Any, token: bytes) -> tuple[Any, ...]:
    one = float if b"." in token else int
    rows = _ROWS.findall(token[1:-1])
    if not all(row.strip() for row in rows):
        raise NotPlain
    return tuple([tuple(map(one, row.split(b","))) for row in rows])


def _reference(model: Any, token: bytes) -> Any:
    return model.by_id(int(token[1:]))


def _references(model: Any, token: bytes) -> tuple[Any, ...]:
    return tuple(map(model.by_id, steps(token)))


def _logical(_: Any, token: bytes) -> bool | str:
    return _LOGICALS[token]


def _texts(model: Any, token: bytes) -> tuple[str, ...]:
    return tuple([text(model, one) for one in _TEXTS.findall(token)])


def _choice(model: Any, token: bytes) -> Any:
    return model.by_id(int(token[1:])) if token[:1] == b"#" else model.typed(token)


def _choices(model: Any, token: bytes) -> tuple[Any, ...]:
    return tuple([_choice(model, one) for one in _CHOICES.findall(token)])


def simple(model: Any, token: bytes) -> Any:
    """What stands in the brackets of a typed value."""
    match token[:1]:
        case b"'":
            return text(model, token)
        case b".":
            return _logical(model, token)
        case b"(":
            return _references(model, token) if b"#" in token else numbers(model, token)
        case _:
            return number(model, token)


def _nothing(_: Any, token: bytes) -> Any:
    raise NotPlain


_NOTHING: Final = (rb"(?!)", _nothing)
"""Of an attribute whose values we do not read: none fits."""


def by_steps(decoder: Decoder, model: Any, column: tuple[bytes, ...]) -> list[Any]:
    """The values of one attribute of many entities, None where it is not given; step ids in place of entities."""
    if decoder is _reference:
        single = [int(token[1:]) if token else None for token in column]
        model.require([step for step in single if step is not None])
        return single
    if decoder is _references:
        several = [steps(token) if token else None for token in column]
        model.require([step for one in several if one is not None for step in one])
        return several
    known: dict[bytes, Any] = {b"": None}
    for token in set(column):
        if token:
            known[token] = decoder(model, token)
    return [known[token] for token in column]


def steps(token: bytes) -> tuple[int, ...]:
    """The step ids in a list of references."""
    inside = token[1:-1].replace(b"#", b"").strip()
    return tuple(map(int, inside.split(b","))) if inside else ()


class Kind:
    """One class: its name, those above it, and how its attributes are written."""

    __slots__ = ("_attributes", "_pattern", "_written", "decoders", "lineage", "name", "size")

    def __init__(self, declaration: Any) -> None:
        self.name: str = declaration.name()
        lineage: list[str] = []
        above = declaration
        while above is not None:
            lineage.append(above.name())
            above = above.supertype()
        self.lineage = frozenset(lineage)
        self._attributes: list[Any] = list(zip(declaration.all_attributes(), declaration.derived(), strict=True))
        self.size = len(self._attributes)
        self.decoders: tuple[Decoder, ...] = ()
        self._written: list[bytes] = []
        self._pattern: re.Pattern[bytes] | None = None

    def split(self, data: bytes, begin: int, end: int) -> tuple[bytes | None, ...]:
        """The attributes between two places, each as it is written, None for what is not given or is derived."""
        pattern = self._pattern
        if pattern is None:
            pattern = self._pattern = re.compile(self._grammar(range(self.size)))
        found = pattern.match(data, begin, end)
        if found is None:
            raise NotPlain
        return found.groups()

    def parts(self, entities: list[bytes]) -> list[tuple[bytes, ...]]:
        """All attributes of many entities, as they are written; empty for what is not given or is derived."""
        found = self._found(entities, range(self.size))
        return [(part,) for part in found] if self.size == 1 else found

    def columns(self, entities: list[bytes], positions: tuple[int, ...]) -> list[tuple[bytes, ...]]:
        """Some attributes of many entities, by attribute, as they are written; empty for what is not given."""
        if max(positions) >= self.size:
            raise NotPlain
        found = self._found(entities, positions)
        columns = list(zip(*found, strict=True)) if len(positions) > 1 else [tuple(found)]
        order = sorted(positions)  # as the attributes stand
        return [columns[order.index(at)] for at in positions]

    def _found(self, entities: list[bytes], positions: Collection[int]) -> list[Any]:
        # A zero is in no plain file, so that nothing in a text is taken for an entity.
        found = re.compile(rb"\0" + self._grammar(positions)).findall(b"\0" + b"\0".join(entities))
        if len(found) != len(entities):
            raise NotPlain
        return found

    def _grammar(self, captured: Collection[int]) -> bytes:
        if not self.decoders:
            found = [
                _NOTHING if derived else _of(attribute.type_of_attribute()) for attribute, derived in self._attributes
            ]
            self._written = [written for written, _ in found]
            self.decoders = tuple(decoder for _, decoder in found)
        parts = [b"(" + part + b")" if at in captured else part for at, part in enumerate(self._written)]
        return rb"\(" + rb",".join(rb"\s*+(?:" + part + rb"|[$*])\s*+" for part in parts) + rb"\)\s*+;"


def _of(kind: Any) -> tuple[bytes, Decoder]:
    """How an attribute of a type is written, and what reads it."""
    if kind.as_aggregation_type():
        return _aggregation(kind.as_aggregation_type().type_of_element())
    if kind.as_simple_type():
        return _simple(kind.as_simple_type().declared_type())
    return _declared(kind.as_named_type().declared_type())


def _declared(declared: Any) -> tuple[bytes, Decoder]:
    if declared.as_entity():
        return _ID, _reference
    if declared.as_select_type():
        return (_ID, _reference) if _entities(declared) else (_CHOICE, _choice)
    if declared.as_enumeration_type():
        return _ENUMERATION, _one_of(declared.as_enumeration_type().enumeration_items())
    return _of(declared.as_type_declaration().declared_type())


def _simple(name: str) -> tuple[bytes, Decoder]:
    match name:
        case "string":
            return TEXT, text
        case "real" | "number" | "integer":
            return _NUMBER, number
        case "boolean" | "logical":
            return _LOGICAL, _logical
        case _:
            return _NOTHING


def _aggregation(element: Any) -> tuple[bytes, Decoder]:
    if element.as_aggregation_type():
        written, decoder = _aggregation(element.as_aggregation_type().type_of_element())
        return (_several(written), _rows) if decoder is numbers else _NOTHING
    written, decoder = _of(element)
    many: dict[Decoder, Decoder] = {number: numbers, text: _texts, _reference: _references, _choice: _choices}
    return (_several(written), many[decoder]) if decoder in many else _NOTHING


def _entities(select: Any) -> bool:
    """Whether a choice is one between classes alone."""
    return all(
        one.as_entity() or (one.as_select_type() and _entities(one.as_select_type())) for one in select.select_list()
    )


def _one_of(items: Any) -> Decoder:
    known = {f".{item}.".encode(): str(item) for item in items}

    def enumeration(_: Any, token: bytes) -> str:
        found = known.get(token)
        if found is None:
            raise NotPlain
        return found

    return enumeration
