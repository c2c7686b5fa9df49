"""The metrics endpoint for Prometheus: what `twin live status` tells, by source, at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from schema.errors import BadInput

if TYPE_CHECKING:
    from prometheus_client.core import Metric

HOST: Final = "127.0.0.1"
_COUNTERS: Final = {
    "points": "Points received.",
    "messages": "Batches received.",
    "gaps": "Messages that never came.",
    "duplicates": "Messages that came twice.",
    "late": "Points older than what was there.",
    "unknown": "Points of ids or metrics that nobody knows.",
    "malformed": "Messages and values that make no sense.",
}
_GAUGES: Final = {
    "points_per_s": "Points per second over the last seconds.",
    "lag_s": "From measured to received, of the last batch, in seconds.",
    "stale": "Points past their time to live.",
}


class _Collector:
    def __init__(self, document: Callable[[], dict[str, Any]]) -> None:
        self._document = document

    def collect(self) -> Iterator[Metric]:
        """Yield every metric as it is now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415

        document = self._document()
        yield GaugeMetricFamily("twin_live_alarms", "Open alarms that no other explains.", value=document["alarms"])
        for name, text in _COUNTERS.items():
            counter = CounterMetricFamily(f"twin_live_{name}", text, labels=["source"])
            for row in document["sources"]:
                counter.add_metric([row["source"]], row[name])
            yield counter
        for name, text in _GAUGES.items():
            gauge = GaugeMetricFamily(f"twin_live_{name}", text, labels=["source"])
            for row in document["sources"]:
                gauge.add_metric([row["source"]], row[name])
            yield gauge


@contextmanager
def exporting(port: int, document: Callable[[], dict[str, Any]]) -> Generator[None]:
    """Serve `http://127.0.0.1:PORT/metrics` as long as the context lasts. Raises BadInput where the port is taken."""
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415 - only where asked for

    registry = CollectorRegistry()
    registry.register(_Collector(document))  # pyright: ignore[reportArgumentType]
    try:
        server, thread = start_http_server(port, HOST, registry)
    except OSError as error:
        raise BadInput(f"--metrics-port {port}: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
