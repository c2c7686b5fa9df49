"""Lists of objects as NetBox and Nautobot give them out: REST answers as JSON, or CSV; one shape for both.

JSON: a list, an answer with `results`, or one object of such by endpoint. CSV: the export of a list, or the form that
it is imported with. An object that another one names, but whose list is not there, is taken from what the other says of
it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from ingest.readers.sheets import read_csv
from ingest.records import Extract, Finding, Place, Severity
from ingest.sources import netbox_endpoint
from schema.errors import BadInput

_LARGEST: Final = 512 << 20  # bytes of one JSON file
_NOTHING: Final = frozenset({"", "—", "-", "none", "null", "n/a", "noobject"})
_NUMBER: Final = re.compile(r"\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*(?:U|%)\s*", re.IGNORECASE)
"""A number as the tables of NetBox show it: 42U, 80%."""
_HEADINGS: Final = {"management_only": "mgmt_only", "panel": "power_panel"}
"""Heading of a table → the field that it shows, where their words differ."""
_URL: Final = re.compile(r"/api/(?:plugins/)?[a-z-]+/([a-z-]+)/[^/]+/?$")
_TYPES: Final = {
    "powerport": "power-ports",
    "poweroutlet": "power-outlets",
    "powerfeed": "power-feeds",
    "interface": "interfaces",
    "frontport": "front-ports",
    "rearport": "rear-ports",
    "consoleport": "console-ports",
    "consoleserverport": "console-server-ports",
    "device": "devices",
    "rack": "racks",
    "site": "sites",
    "location": "locations",
    "powerpanel": "power-panels",
    "cable": "cables",
    "circuit": "circuits",
    "circuittermination": "circuit-terminations",
    "devicetype": "device-types",
}
"""Content type without its application → endpoint."""


_BY_REFERENCE: Final = {
    "role": ("roles", "device-roles"),
    "device_role": ("device-roles", "roles"),
    "status": ("statuses",),
    "location_type": ("location-types",),
    "manufacturer": ("manufacturers",),
}


@dataclass(eq=False, slots=True)
class Obj:
    """One object of a list; `stub`: known only from what others say of it."""

    endpoint: str
    data: dict[str, Any]
    place: Place
    stub: bool = False

    def text(self, *names: str) -> str:
        """The first of these fields that has a value, as text; of a nested object its name, of a choice its value."""
        for name in names:
            if text := as_text(self.data.get(name)):
                return text
        return ""

    def word(self, *names: str) -> str:
        """The same for choices: Three-phase, {"value": "three-phase"} and three-phase are one word."""
        for name in names:
            value: Any = self.data.get(name)
            if isinstance(value, dict):
                entry = cast("dict[str, Any]", value)
                value = entry.get("value") or entry.get("slug") or entry.get("name") or entry.get("display")
            if text := as_text(value):
                return "-".join(text.lower().split())
        return ""

    def number(self, name: str) -> float | None:
        """A field as a finite number; None where it is none."""
        value: Any = self.data.get(name)
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get("value")
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return None
        if isinstance(value, str) and (shown := _NUMBER.fullmatch(value)):
            value = shown[1]
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if abs(number) < 1e15 else None

    @property
    def id(self) -> str:
        """Its id in the database, where the export has it."""
        return as_text(self.data.get("id"))


def as_text(value: Any) -> str:
    """A value as trimmed text on one line."""
    if isinstance(value, dict):
        entry = cast("dict[str, Any]", value)
        names = ("name", "model", "cid", "display", "display_name", "label", "value", "slug")
        return next((text for name in names if (text := as_text(entry.get(name)))), "")
    if value is None or isinstance(value, (list, bool)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = " ".join("".join(c for c in str(value) if c.isprintable() or c.isspace()).split())
    return "" if text.casefold() in _NOTHING else text


@dataclass(slots=True)
class Dump:
    """All lists of one export."""

    extract: Extract
    lists: dict[str, list[Obj]] = field(default_factory=dict[str, list[Obj]])
    _by_id: dict[tuple[str, str], Obj] = field(default_factory=dict[tuple[str, str], Obj])
    _by_name: dict[tuple[str, str], list[Obj]] = field(default_factory=dict[tuple[str, str], list[Obj]])
    _of_device: dict[tuple[str, str, str], Obj] = field(default_factory=dict[tuple[str, str, str], Obj])
    _stubs: dict[str, int] = field(default_factory=dict[str, int])
    _told: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def __getitem__(self, endpoint: str) -> list[Obj]:
        return self.lists.get(endpoint, [])

    def find(self, code: str, severity: Severity, message: str, obj: Obj | None = None) -> None:
        """Add a finding, at an object or at the export."""
        self.extract.findings.append(Finding(code, severity, message, obj.place if obj else None))

    def add(self, obj: Obj) -> None:
        """Add one object; one of the same id is told and passed over."""
        if obj.id:
            first = self._by_id.setdefault((obj.endpoint, obj.id), obj)
            if first is not obj:
                self.find("repeated-id", "warning", f"the id {obj.id} occurs again in {obj.endpoint}; passed over", obj)
                return
        self.lists.setdefault(obj.endpoint, []).append(obj)
        name = obj.text("name", "model", "cid")
        if name:
            self._by_name.setdefault((obj.endpoint, name.casefold()), []).append(obj)
            if device := obj.data.get("device"):
                self._of_device.setdefault((obj.endpoint, _device_key(device), name.casefold()), obj)

    def resolve(self, endpoint: str, reference: Any, near: Obj) -> Obj | None:
        """The object that a field names by id, nested object or name; a stub where its whole list is not there."""
        if reference in (None, "", []) or isinstance(reference, (list, bool)):
            return None
        nested = cast("dict[str, Any]", reference) if isinstance(reference, dict) else {}
        identity = as_text(nested.get("id") if nested else reference)
        if identity and (found := self._by_id.get((endpoint, identity))):
            return found
        name = as_text(reference)
        named = self._by_name.get((endpoint, name.casefold()), []) if name else []
        if len(named) == 1 and not nested.get("id"):
            return named[0]
        if len(named) > 1 and not nested.get("id"):
            there = [obj for obj in named if _same_place(obj, near)]
            if len(there) == 1:
                return there[0]
            message = f"{name} names {len(named)} of {endpoint}; none of them was taken"
            self._once(endpoint, name, "ambiguous-reference", message, near)
            return None
        if any(not obj.stub for obj in self[endpoint]):
            if name:
                self._once(endpoint, name, "missing-end", f"there is no {name} in {endpoint}", near)
            return None
        if not name or (identity == name and name.isdigit()):
            return None
        stub = Obj(endpoint, dict(nested) or {"name": name}, near.place, stub=True)
        self.add(stub)
        self._stubs[endpoint] = self._stubs.get(endpoint, 0) + 1
        return stub

    def _once(self, endpoint: str, name: str, code: str, message: str, near: Obj) -> None:
        """Tell what is wrong with a reference the first time that it is met."""
        if (endpoint, name) not in self._told:
            self._told.add((endpoint, name))
            self.find(code, "warning", message, near)

    def port(self, endpoint: str, device: str, name: str) -> Obj | None:
        """A port by the name of its device and its own."""
        return self._of_device.get((endpoint, device.casefold(), name.casefold()))

    def dereference(self) -> None:
        """Fill in what Nautobot names by id alone: roles, states, types of locations, makers."""
        for objects in list(self.lists.values()):
            for obj in objects:
                for name, endpoints in _BY_REFERENCE.items():
                    value: Any = obj.data.get(name)
                    if not isinstance(value, dict) or as_text(value):
                        continue
                    identity = as_text(cast("dict[str, Any]", value).get("id"))
                    found = (self._by_id.get((endpoint, identity)) for endpoint in endpoints)
                    other = next((one for one in found if one is not None), None)
                    if other is not None:
                        obj.data[name] = other.data

    def tell(self) -> None:
        """Tell which lists are not there and were made up from what others say."""
        for endpoint, count in sorted(self._stubs.items()):
            message = f"{count} of {endpoint} are known only from what others say of them; their list is not there"
            self.find("list-missing", "info", message)


def _same_place(one: Obj, other: Obj) -> bool:
    """Whether all that both say of where they stand agrees, and they say anything."""
    told = [(a, b) for name in ("site", "location", "device") if (a := one.text(name)) and (b := other.text(name))]
    return bool(told) and all(a.casefold() == b.casefold() for a, b in told)


def _device_key(device: Any) -> str:
    return as_text(device).casefold()


def endpoint_of_type(content_type: str) -> str:
    """The endpoint of a content type such as dcim.powerport."""
    word = content_type.strip().lower().rpartition(".")[2].replace(" ", "").replace("-", "").replace("_", "")
    return _TYPES.get(word, word)


def read_dump(paths: Sequence[Path], extract: Extract) -> Dump:
    """Read all files.

    Raises BadInput where one cannot be read at all, or holds nothing that NetBox lists.
    """
    dump = Dump(extract)
    pages = Pages()
    for path in paths:
        objects = _csv(path) if path.suffix.lower() == ".csv" else _json(path, dump, pages)
        for obj in objects:
            dump.add(obj)
    extract.findings.extend(pages.missing())
    if not dump.lists:
        named = ", ".join(str(path) for path in paths[:3])
        raise BadInput(f"{named}: holds no list of NetBox objects (devices, racks, cables …)")
    return dump


def _csv(path: Path) -> Iterator[Obj]:
    endpoint = netbox_endpoint(path.stem) or path.stem
    sheet = read_csv(path, strict_header=False)
    columns = [_column(name) for name in sheet.header]
    for row, cells in sheet.rows:
        data: dict[str, Any] = {}
        for column, cell in zip(columns, cells, strict=False):
            if column and as_text(cell):
                _put(data, column, cell.strip())
        if data:
            yield Obj(endpoint, data, Place(str(path), row))


def _column(heading: str) -> list[str]:
    """The field that a column holds; Nautobot's device_type__manufacturer__name is one of nested objects."""
    parts = [re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in heading.split("__")]
    return [_HEADINGS.get(part, part) for part in parts if part]


def _put(data: dict[str, Any], column: Sequence[str], cell: str) -> None:
    """Put a cell where its column says; what another column says of the whole object stays, as its name."""
    for part in column[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = data[part] = {"name": inner}
        data = cast("dict[str, Any]", inner)
    there = data.get(column[-1])
    if isinstance(there, dict):
        cast("dict[str, Any]", there).setdefault("name", cell)
    else:
        data[column[-1]] = cell


class Listed(NamedTuple):
    """A list in a document, or a page of one. `endpoint` "": each object tells it by its URL; `of`: how many in all."""

    endpoint: str
    where: str
    objects: list[Any]
    more: bool = False
    of: int = 0


@dataclass(slots=True)
class Pages:
    """Lists that the REST API gave out page by page, in as many files: whether all of each are there."""

    _open: dict[str, list[Place]] = field(default_factory=dict[str, list[Place]])
    _all: dict[str, int] = field(default_factory=dict[str, int])
    _held: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, listed: Listed, place: Place) -> None:
        """Take in one page."""
        name = listed.endpoint
        self._held[name] = self._held.get(name, 0) + len(listed.objects)
        self._all[name] = max(self._all.get(name, 0), listed.of)
        if listed.more:
            self._open.setdefault(name, []).append(place)

    def missing(self) -> Iterator[Finding]:
        """Tell of each list whose other pages are not there."""
        for name, places in self._open.items():
            held, of = self._held[name], self._all[name]
            if held < of or not of:
                message = f"is one page of {name}; the rest of the list is not there"
                message += f" ({held} of {of} in all files)" if of else ""
                yield Finding("list-cut-off", "error", message, places[0])


def _json(path: Path, dump: Dump, pages: Pages) -> Iterator[Obj]:
    document = _parsed(path)
    endpoint = netbox_endpoint(path.stem)
    found = list(_lists(document, endpoint, ""))
    if not found:
        raise BadInput(f"{path}: holds no list of NetBox objects (devices, racks, cables …)")
    for listed in found:
        name, where = listed.endpoint, listed.where
        pages.add(listed, Place(str(path), item=where or None))
        bad = 0
        for number, entry in enumerate(listed.objects):
            if not isinstance(entry, dict):
                bad += 1
                continue
            data = cast("dict[str, Any]", entry)
            kind = name or _endpoint_by_url(data)
            if not kind:
                bad += 1
                continue
            item = f"{where or kind}[{number}]" + (f" id {data['id']}" if data.get("id") is not None else "")
            yield Obj(kind, data, Place(str(path), item=item))
        if bad:
            message = f"{bad} entries are no objects of NetBox; they were left out"
            dump.extract.findings.append(Finding("bad-object", "error", message, Place(str(path), item=where or None)))


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path}: is larger than {_LARGEST >> 20} MiB; export the lists one by one")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: is not UTF-8 ({error.reason} at byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}, line {error.lineno}, column {error.colno}: is not JSON ({error.msg})") from error
    except (RecursionError, ValueError) as error:
        raise BadInput(f"{path}: is not JSON that can be read ({type(error).__name__})") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def _lists(document: Any, endpoint: str | None, where: str, depth: int = 0) -> Iterator[Listed]:
    if isinstance(document, list):
        objects = cast("list[Any]", document)
        if endpoint or any(isinstance(o, dict) and _endpoint_by_url(cast("dict[str, Any]", o)) for o in objects):
            yield Listed(endpoint or "", where, objects)
        return
    if not isinstance(document, dict) or depth > 3:
        return
    entries = cast("dict[str, Any]", document)
    if isinstance(entries.get("results"), list):
        objects = cast("list[Any]", entries["results"])
        known = endpoint or next((e for o in objects if isinstance(o, dict) and (e := _endpoint_by_url(o))), None)  # pyright: ignore[reportUnknownArgumentType]
        if known or not objects:
            count = entries.get("count")
            of = count if isinstance(count, int) and not isinstance(count, bool) else 0
            yield Listed(known or "", where, objects, bool(entries.get("next")), of)
        return
    for key, value in entries.items():
        name = netbox_endpoint(key.strip("/").rpartition("/")[2].rpartition(".")[2])
        yield from _lists(value, name, f"{where}.{key}" if where else key, depth + 1)


def _endpoint_by_url(data: Mapping[str, Any]) -> str | None:
    url = data.get("url")
    found = _URL.search(url) if isinstance(url, str) else None
    return netbox_endpoint(found[1]) if found else None
