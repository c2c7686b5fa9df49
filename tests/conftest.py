"""Puts tests/ on the import path (`oracles`, `strategies`) and sets the hypothesis profiles.

HYPOTHESIS_PROFILE=ci or deep asks for more examples, brief for few that are not shrunk; the default is quick and the
same on every run.
"""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

sys.path.insert(0, str(Path(__file__).parent))

# Every Neo4j that a test starts lives for seconds and is asked little: the second compiler and the parallel collector
# cost more than they give.
os.environ.setdefault("TWIN_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

pytest_plugins = ["plugins.neo4j_fixture"]

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
}
settings.register_profile("default", max_examples=60, derandomize=True, database=None, **_COMMON)
settings.register_profile("brief", max_examples=50, phases=[Phase.generate], derandomize=True, database=None, **_COMMON)
settings.register_profile("ci", max_examples=1_000, print_blob=True, **_COMMON)
settings.register_profile("deep", max_examples=20_000, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
