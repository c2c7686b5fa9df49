"""The message of Sparkplug B, declared as section 6.4 of the Eclipse Sparkplug specification 3.0 numbers its fields.

Built when it is imported, so that no generated file stands in the source. Fields that carry no point (meta data,
data sets, templates) are left out: protobuf passes over what a message does not declare.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD: Final = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "campus_twin.sparkplug"

_MESSAGES: Final[dict[str, tuple[tuple[str, int, str], ...]]] = {
    "PropertyValue": (
        ("type", 1, "uint32"),
        ("is_null", 2, "bool"),
        ("int_value", 3, "uint32 value"),
        ("long_value", 4, "uint64 value"),
        ("float_value", 5, "float value"),
        ("double_value", 6, "double value"),
        ("boolean_value", 7, "bool value"),
        ("string_value", 8, "string value"),
    ),
    "PropertySet": (("keys", 1, "string[]"), ("values", 2, "PropertyValue[]")),
    "Metric": (
        ("name", 1, "string"),
        ("alias", 2, "uint64"),
        ("timestamp", 3, "uint64"),
        ("datatype", 4, "uint32"),
        ("is_historical", 5, "bool"),
        ("is_transient", 6, "bool"),
        ("is_null", 7, "bool"),
        ("properties", 9, "PropertySet"),
        ("int_value", 10, "uint32 value"),
        ("long_value", 11, "uint64 value"),
        ("float_value", 12, "float value"),
        ("double_value", 13, "double value"),
        ("boolean_value", 14, "bool value"),
        ("string_value", 15, "string value"),
    ),
    "Payload": (("timestamp", 1, "uint64"), ("metrics", 2, "Metric[]"), ("seq", 3, "uint64")),
    # The same message with its metrics as they came: what holds a message and what holds bytes look alike.
    "Frame": (("timestamp", 1, "uint64"), ("metrics", 2, "bytes[]"), ("seq", 3, "uint64")),
}
"""Message → fields: name, number, type; `[]` is repeated, `value` belongs to the one value that a metric has."""

_KINDS: Final = {
    "uint32": _FIELD.TYPE_UINT32,
    "uint64": _FIELD.TYPE_UINT64,
    "float": _FIELD.TYPE_FLOAT,
    "double": _FIELD.TYPE_DOUBLE,
    "bool": _FIELD.TYPE_BOOL,
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
}


class DataType(IntEnum):
    """The data types of a metric that carry a number or a text."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12


def _declared() -> tuple[Any, ...]:
    file = descriptor_pb2.FileDescriptorProto(name="campus_twin/sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            _declare(message, field_name, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    found = (pool.FindMessageTypeByName(f"{_PACKAGE}.{name}") for name in ("Payload", "Frame", "Metric"))
    return tuple(map(message_factory.GetMessageClass, found))


def _declare(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str) -> None:
    base = kind.removesuffix("[]").removesuffix(" value")
    field = message.field.add(name=name, number=number)
    field.label = _FIELD.LABEL_REPEATED if kind.endswith("[]") else _FIELD.LABEL_OPTIONAL
    if base in _KINDS:
        field.type = _KINDS[base]
    else:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{base}"
    if kind.endswith(" value"):
        if not message.oneof_decl:
            message.oneof_decl.add(name="value")
        field.oneof_index = 0


Payload: Any
"""The class of the messages: `Payload.FromString(bytes)`, `Payload(timestamp=…, seq=…, metrics=[…])`."""
Frame: Any
"""The same message, its metrics as bytes."""
Metric: Any
Payload, Frame, Metric = _declared()
