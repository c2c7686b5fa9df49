"""docker-compose.yml: loopback alone, no password in it, health checks, and files that are there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def scalar(text):
    """A value of one line: quoted text, an inline list, or plain text."""
    text = text.strip()
    if text.startswith("["):
        return [scalar(item) for item in re.findall(r'"[^"]*"|[^,\[\]\s]+', text)]
    if text[:1] in "\"'" and text:
        return text[1:-1]
    return text


def parse(lines, indent=0):
    """The small part of YAML that the file keeps to: maps, lists of scalars, scalars; indentation by two spaces."""
    found = None
    while lines:
        line = lines[0]
        depth = len(line) - len(line.lstrip())
        if depth < indent:
            break
        assert depth == indent, f"unexpected indentation: {line!r}"
        lines.pop(0)
        text = line.strip()
        if text.startswith("- "):
            found = [] if found is None else found
            found.append(scalar(text[2:]))
            continue
        key, colon, rest = text.partition(":")
        assert colon, f"not understood: {line!r}"
        assert not re.search(r"[\s'\"]", key), f"not understood: {line!r}"
        found = {} if found is None else found
        assert key not in found, f"{key} stands twice"
        nested = lines and (len(lines[0]) - len(lines[0].lstrip())) > indent
        found[key] = parse(lines, indent + 2) if nested and not rest.strip() else scalar(rest) or None
    return found


def compose():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return parse([line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")])


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


def test_the_entrypoint_takes_user_and_password_from_the_file(tmp_path):
    (tmp_path / "auth").write_text("neo4j/pass/word")
    (tmp_path / "twin").write_text('#!/bin/sh\necho "$TWIN_USER $TWIN_PASSWORD $*"\n')
    (tmp_path / "twin").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TWIN_AUTH_FILE": str(tmp_path / "auth")}
    said = subprocess.run(
        [ROOT / "docker/entrypoint", "serve"], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "neo4j pass/word serve\n"
