"""docker-compose.yml: loopback alone, no password in it, health checks, and files that are there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import trustme
import yaml

from twin.service.app import STOPS_WITHIN_S

ROOT = Path(__file__).parents[3]


def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services():
    return compose()["services"]


def test_the_three_services_are_there(services):
    assert set(services) == {"neo4j", "mosquitto", "twin"}
    assert services["neo4j"]["image"] == "neo4j:5.26-community"


def test_every_published_port_is_on_loopback(services):
    published = [port for service in services.values() for port in service["ports"]]
    assert {"127.0.0.1:7687:7687", "127.0.0.1:7474:7474", "127.0.0.1:1883:1883"} <= set(published)
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


def test_secrets_come_from_files_that_are_not_in_the_repository(services):
    document = compose()
    used = {secret for service in services.values() for secret in service["secrets"]}
    assert used == set(document["secrets"])
    for secret in document["secrets"].values():
        assert set(secret) == {"file"}
        ignored = subprocess.run(["git", "check-ignore", "-q", secret["file"]], cwd=ROOT, check=False)
        assert ignored.returncode == 0


def test_no_password_stands_in_the_file(services):
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if re.search("AUTH|PASSWORD|SECRET", name):
                assert value.startswith("/run/secrets/")


def test_neo4j_and_the_broker_are_healthy_before_the_twin_starts(services):
    assert "RETURN 1" in services["neo4j"]["healthcheck"]["test"][1]
    assert services["mosquitto"]["healthcheck"]["test"][0] == "CMD-SHELL"
    assert services["twin"]["depends_on"] == {
        "neo4j": {"condition": "service_healthy"},
        "mosquitto": {"condition": "service_healthy"},
    }


def test_every_service_has_a_health_check_and_comes_back_by_itself(services):
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])
    assert services["twin"]["healthcheck"]["test"] == ["CMD", "/app/docker/healthy"]


def test_each_service_has_time_to_stop_in_good_order(services):
    seconds = {name: int(service.get("stop_grace_period", "10s")[:-1]) for name, service in services.items()}
    assert seconds["neo4j"] >= 60
    assert seconds["twin"] > STOPS_WITHIN_S


def test_volumes_that_are_used_are_declared(services):
    named = {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service["volumes"]
        if not volume.startswith(".")
    }
    assert named == set(compose()["volumes"])


def test_the_files_that_it_names_are_there(services):
    build = services["twin"]["build"]
    assert (ROOT / build["dockerfile"]).is_file()
    for line in (ROOT / build["dockerfile"]).read_text().splitlines():
        if line.startswith("COPY "):
            assert all((ROOT / source).exists() for source in line.split()[1:-1])
    assert (ROOT / "docker/mosquitto.conf").is_file()


def test_the_broker_lets_nobody_in_without_a_password():
    lines = (ROOT / "docker/mosquitto.conf").read_text().splitlines()
    assert "allow_anonymous false" in lines
    assert "password_file /run/secrets/mosquitto_users" in lines


def command(services):
    """What the container runs, by its Dockerfile, with the secrets where the test put them."""
    text = (ROOT / services["twin"]["build"]["dockerfile"]).read_text().replace("\\\n", "")
    return json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)[1])


@pytest.mark.neo4j
@pytest.mark.slow
def test_what_the_container_runs_serves_with_tls_and_a_first_user_and_is_healthy(services, store, tmp_path):
    """The entrypoint, the command and the health check of the image, without the image."""
    endpoint = store.endpoint
    words = command(services)
    assert "--insecure" not in words
    authority = trustme.CA()
    own = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own.private_key_pem.write_to_path(tmp_path / "twin_tls_key")
    own.cert_chain_pems[0].write_to_path(tmp_path / "twin_tls_cert")
    (tmp_path / "twin_admin_password").write_text("a-password-of-the-test-7\n")
    (tmp_path / "neo4j_auth").write_text(f"{endpoint.user}/{endpoint.password}")
    (tmp_path / "twin").write_text(f'#!/bin/sh\nexec {sys.executable} -m twin.cli.main "$@"\n')
    (tmp_path / "twin").chmod(0o755)
    given = services["twin"]["environment"] | {"TWIN_URI": endpoint.uri, "TWIN_HOME": str(tmp_path / "data")}
    environment = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in given.items()} | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    words = [word.replace("/run/secrets", str(tmp_path)) for word in words]
    words[words.index("8080")] = "0"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [ROOT / "docker/entrypoint", *words], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        found = None
        while not found and (line := process.stdout.readline()):
            found = re.search(r"https://\S+:(\d+)/", line)
        assert found, (tmp_path / "log").read_text()
        healthz = f"https://127.0.0.1:{found[1]}/healthz"
        assert subprocess.run([sys.executable, ROOT / "docker/healthy", healthz], check=False).returncode == 0
        asset = f"https://localhost:{found[1]}/api/v1/scenarios"
        trusted = str(tmp_path / "ca.pem")
        assert requests.get(asset, verify=trusted, timeout=30).status_code == 401
        signed = requests.get(asset, auth=("admin", "a-password-of-the-test-7"), verify=trusted, timeout=30)
        assert signed.status_code == 200, signed.text
        assert "a-password-of-the-test-7" not in (tmp_path / "log").read_text()
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
    assert subprocess.run(
        [sys.executable, ROOT / "docker/healthy", healthz], check=False, capture_output=True
    ).returncode


def test_the_entrypoint_takes_user_and_password_from_the_file(tmp_path):
    (tmp_path / "auth").write_text("neo4j/pass/word")
    (tmp_path / "twin").write_text('#!/bin/sh\necho "$TWIN_USER $TWIN_PASSWORD $*"\n')
    (tmp_path / "twin").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TWIN_AUTH_FILE": str(tmp_path / "auth")}
    said = subprocess.run(
        [ROOT / "docker/entrypoint", "serve"], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "neo4j pass/word serve\n"
