"""A failure-impact twin of a data-centre campus.

```python
with twin.open() as campus:
    answer = campus.impact("B2-M07-UPS-A", out=["GEN-3"], overload="trip")
    answer.lost, answer.totals.lost_kw, answer.to_frame()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schema.errors import TwinError
    from twin.campus import Campus, open  # noqa: A004 - twin.open is what people write

__all__ = ["Campus", "TwinError", "open"]

_HOMES = {"Campus": "twin.campus", "open": "twin.campus", "TwinError": "schema.errors"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - `import twin` loads nothing

    return getattr(import_module(_HOMES[name]), name)
