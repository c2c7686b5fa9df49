"""The Prometheus endpoint tells what the status tells, on loopback alone, whatever the sources call themselves."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from live_campus import keeper, say
from prometheus_client.parser import text_string_to_metric_families

from schema.errors import BadInput
from twin.live.exporter import exporting


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def scraped(port: int) -> dict[tuple[str, str], float]:
    """Value by name and source."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, sample.labels.get("source", "")): sample.value for sample in samples}


def test_a_scrape_tells_what_the_status_tells_now(tmp_path, port):
    kept = keeper(tmp_path)
    try:
        with exporting(port, kept.status):
            assert scraped(port)["twin_live_alarms", ""] == 0
            for seq in (0, 1, 4):
                say(kept, "power_kw", ["S0", "S1", "nobody"], [1.0, 2.0, 3.0], seq=seq)
            say(kept, "condition", ["UPS-A"], ["down"])
            kept.directory.tally.malformed('b"m\\s\n', "nonsense")
            kept.step(1.0)
            found = scraped(port)
            for row in kept.status()["sources"]:
                for name in ("points", "messages", "gaps", "duplicates", "late", "unknown", "malformed"):
                    assert found[f"twin_live_{name}_total", row["source"]] == row[name], (name, row)
                assert found["twin_live_stale", row["source"]] == row["stale"]
            assert found["twin_live_points_total", "bms"] == 7
            assert found["twin_live_gaps_total", "bms"] == 2
            assert found["twin_live_alarms", ""] == 1
            with pytest.raises(BadInput, match=f"--metrics-port {port}"), exporting(port, kept.status):
                pass
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), 1)
    finally:
        kept.close()
