"""Documents as JSON, fast: what a question costs the server beside its answer."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
from starlette.responses import Response


def _plain(value: object) -> Any:
    """A number of numpy as Python's own."""
    if isinstance(value, np.generic):
        return cast("Any", value).item()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def encoded(document: Any) -> bytes:
    """The document as JSON, UTF-8."""
    return _encoder.encode(document)


def reply(document: bytes, version: str, status: int = 200) -> Response:
    """An answer; the header Twin-Version says from which version of the graph."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(document, status, {"Twin-Version": version}, kind)
