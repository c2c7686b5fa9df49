"""What the entries of a mapping have in common: how they are read, and how a text fits a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import translate
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from schema.check import coerce
from schema.labels import LABELS, properties_of
from schema.relationships import RELATIONSHIPS
from schema.supply import SUPPLY_TYPES


class Entry(BaseModel):
    """Base of all entries: immutable, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def known_label(name: str) -> str:
    """The name, where it is empty or a label of the schema; else ValueError."""
    if name and name not in LABELS:
        raise ValueError(f"{name!r} is not a label of the schema{_meant(name, LABELS)}")
    return name


def _known_labels(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        known_label(name)
    return names


def _known_supply(name: str) -> str:
    if name not in SUPPLY_TYPES:
        raise ValueError(f"{name!r} is none of {', '.join(SUPPLY_TYPES)}")
    return name


def known_type(name: str) -> str:
    """The name, where it is a relationship type of the schema; else ValueError."""
    if name not in RELATIONSHIPS:
        raise ValueError(f"{name!r} is not a relationship type of the schema{_meant(name, RELATIONSHIPS)}")
    return name


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {close[0]}?" if close else ""


Patterns = Annotated[tuple[str, ...], BeforeValidator(_many)]
"""Patterns with * and ?, without regard to case; one text stands for a list of one. Empty fits all."""

LabelName = Annotated[str, AfterValidator(known_label)]
LabelNames = Annotated[tuple[str, ...], BeforeValidator(_many), AfterValidator(_known_labels)]
SupplyName = Annotated[str, AfterValidator(_known_supply)]


class LabelRule(Entry):
    """Base of the rules that give a label, and constants as its properties."""

    label: LabelName
    properties: dict[str, Any] = {}

    @model_validator(mode="after")
    def _declared(self) -> LabelRule:
        for name, value in self.properties.items():
            declared = properties_of(self.label).get(name) if self.label else None
            if declared is None:
                raise ValueError(f"properties.{name}: {self.label or 'no label'} has no such property")
            try:
                coerce(declared, value)
            except ValueError as error:
                raise ValueError(f"properties.{name}: {error}") from None
        return self


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns), re.DOTALL)


def matches(text: str, patterns: Sequence[str]) -> bool:
    """Whether a text fits one of the patterns, without regard to case."""
    return bool(patterns) and _compiled(tuple(patterns)).match(text.lower()) is not None


def fits(text: str, patterns: Sequence[str]) -> bool:
    """Whether a text fits, where no pattern at all means that everything does."""
    return not patterns or matches(text, patterns)
