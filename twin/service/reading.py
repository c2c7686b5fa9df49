"""Reads the graph into the snapshot of its topology: `python -m twin.service.reading`, with a `Where` on its input."""

from __future__ import annotations

import sys

from schema.errors import TwinError
from twin.service.worker import Where


def main() -> None:
    """Entry point of the process; one line on standard error where it cannot be done."""
    where = Where.model_validate_json(sys.stdin.read())
    import twin  # noqa: PLC0415 - after what may be wrong with the input

    try:
        with twin.open(where.uri, auth=where.auth, database=where.database, home=where.home) as campus:
            _ = campus.topology
            _ = campus.base()
    except TwinError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
