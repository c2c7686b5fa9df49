"""Logs of the program: lines for people, or one JSON object a line for machines; both on standard error.

TWIN_LOG=json asks for JSON, from level info on; text begins with warnings; TWIN_LOG_LEVEL asks for another level.
What is logged are facts of our own choosing (`extra={"about": {…}}`): never headers, bodies or query strings, in which
secrets travel.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from schema.errors import BadInput

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered, in every line that is logged meanwhile."""


class JsonLines(logging.Formatter):
    """Each record as one JSON object: `at` (UTC), `level`, `logger`, `message`, and what the record is about."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a trace is a text with line breaks within it."""
        document: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            document["request_id"] = request_id.get()
        document |= getattr(record, "about", {})
        if record.exc_info:
            document["trace"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class Lines(logging.Formatter):
    """Each record as a line for a person, as the command's other lines begin; a trace follows."""

    def format(self, record: logging.LogRecord) -> str:
        """`twin: message (key value, …)`."""
        about: dict[str, Any] = getattr(record, "about", {})
        if request_id.get():
            about = about | {"request": request_id.get()}
        told = f" ({', '.join(f'{key} {value}' for key, value in about.items())})" if about else ""
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        return f"twin: {level}{' '.join(record.getMessage().split())}{told}{trace}"


def set_up() -> None:
    """Send the log of this process to standard error, in the form that TWIN_LOG asks for.

    Called again, it replaces what it set up before. Raises BadInput for a form or level that there is not.
    """
    form = os.environ.get("TWIN_LOG") or "text"
    level = (os.environ.get("TWIN_LOG_LEVEL") or ("info" if form == "json" else "warning")).lower()
    if form not in FORMATS:
        raise BadInput(f"TWIN_LOG {form!r}: it is {' or '.join(FORMATS)}")
    if level not in LEVELS:
        raise BadInput(f"TWIN_LOG_LEVEL {level!r}: it is one of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, JsonLines | Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("twin").setLevel(level.upper())
    # The driver tells of each attempt that it repeats; what comes of it in the end is an error of ours.
    logging.getLogger("neo4j").setLevel("DEBUG" if level == "debug" else "CRITICAL")
