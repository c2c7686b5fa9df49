"""A Neo4j of somebody else: TLS with a certificate of their own, a database of another name, nothing may be written."""

import dataclasses
import json
import re
import socket
import threading
import time

import pytest
import trustme

from ingest.campus import write
from schema.errors import BadInput, Unreachable
from twin.cli.main import run
from twin.graph import Store, local
from twin.graph.endpoint import named
from twin.graph.failures import MayOnlyRead
from twin.graph.local import home as homes
from twin.scenarios import listed

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]

DATABASE = "campus.b2-north"
TLS = """
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={folder}
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
server.bolt.tls_level=REQUIRED
initial.dbms.default_database={database}
"""


class Guarded:
    """A Neo4j whose Bolt speaks TLS alone and whose database is called otherwise; started anew to be read-only."""

    def __init__(self, folder, patch):
        self.folder, self.patch = folder, patch
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        trustme.CA().cert_pem.write_to_path(folder / "other.pem")
        server = authority.issue_cert("127.0.0.1", "localhost")
        server.private_key_pem.write_to_path(folder / "private.key")
        for number, blob in enumerate(server.cert_chain_pems):
            blob.write_to_path(folder / "public.crt", append=number > 0)
        (folder / "private.key").chmod(0o600)
        self.plain = homes._CONFIGURATION
        patch.setattr(homes, "DATABASE", DATABASE)

    def start(self, more=""):
        local.stop(self.folder)
        text = TLS.format(folder=self.folder, database=DATABASE) + more
        self.patch.setattr(homes, "_CONFIGURATION", self.plain + text.replace("{", "{{").replace("}", "}}"))
        self.endpoint = local.start(self.folder)
        self.port = self.endpoint.uri.rpartition(":")[2]
        return self

    def named(self, scheme="neo4j+s", host="127.0.0.1"):
        """What an engineer would set: address, user, password, database."""
        return named(f"{scheme}://{host}:{self.port}", (self.endpoint.user, self.endpoint.password), DATABASE)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWIN_ANY_PORT", "1")
        for name in ("URI", "USER", "PASSWORD", "DATABASE", "CA"):
            patch.delenv(f"TWIN_{name}", raising=False)
        server = Guarded(folder, patch).start()
        yield server
        local.stop(folder)


@pytest.fixture
def trusting(monkeypatch, guarded):
    monkeypatch.setenv("TWIN_CA", str(guarded.folder / "ca.pem"))


@pytest.mark.parametrize("scheme", ["neo4j+s", "bolt+s"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_of_the_users_own_authority_is_trusted(guarded, trusting, scheme, host):
    with Store(guarded.named(scheme, host)) as store:
        store.write("MERGE (n:Thing {id: 1})")
        assert store.read("MATCH (n:Thing) RETURN n.id AS id, $d AS d", d=DATABASE) == [{"id": 1, "d": DATABASE}]
        assert store.read("CALL db.info() YIELD name") == [{"name": DATABASE}]
        assert store.verify().startswith("Neo4j/")


def test_an_unchecked_certificate_is_taken_where_the_address_says_so(guarded):
    with Store(guarded.named("neo4j+ssc")) as store:
        assert store.read("RETURN 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize("file", [None, "other.pem"])
def test_an_authority_that_is_not_known_is_refused_at_once_in_one_line(guarded, monkeypatch, file):
    if file:
        monkeypatch.setenv("TWIN_CA", str(guarded.folder / file))
    began = time.perf_counter()
    with pytest.raises(Unreachable, match=r"certificate.*TWIN_CA") as caught, Store(guarded.named()) as store:
        store.read("RETURN 1")
    assert time.perf_counter() - began < 12
    assert "\n" not in str(caught.value)


def test_a_server_that_wants_tls_is_told_apart_from_none(guarded):
    with pytest.raises(Unreachable, match=guarded.port), Store(guarded.named("bolt")) as store:
        store.read("RETURN 1")


def test_no_byte_of_the_password_goes_over_the_wire(guarded, trusting):
    """What a listener sees of the connection."""
    seen = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        where = dataclasses.replace(guarded.named("bolt+s"), uri=f"bolt+s://127.0.0.1:{listening.getsockname()[1]}")

        def listen():
            client, _ = listening.accept()
            with client:
                client.settimeout(2)
                seen.extend(client.recv(4096))

        listener = threading.Thread(target=listen)
        listener.start()
        with pytest.raises(Unreachable), Store(where) as store:
            store.read("RETURN 1")
        listener.join()
    assert seen[:1] == b"\x16"  # the hello of TLS
    assert where.password.encode() not in seen


@pytest.mark.parametrize(
    ("address", "content", "line"),
    [
        ("neo4j+s://h", None, "No such file"),
        ("neo4j+s://h", "no certificate at all", "no certificate"),
        ("neo4j://h", "", "needs an address that asks for TLS"),
        ("neo4j+ssc://h", "", "needs an address that asks for TLS"),
    ],
)
def test_certificates_that_cannot_be_used_are_bad_input(tmp_path, monkeypatch, address, content, line):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("TWIN_CA", str(file))
    with pytest.raises(BadInput, match=line):
        named(address, ("neo4j", "x"))


@pytest.fixture(scope="module")
def read_only(guarded, tmp_path_factory):
    """The tiny campus in it, one scenario saved, and then the database made read-only."""
    folder = tmp_path_factory.mktemp("exports")
    write(folder, "tiny", 1, False)
    with pytest.MonkeyPatch.context() as patch:
        environment(guarded, patch, tmp_path_factory.mktemp("home"))
        assert run(["ingest", str(folder)]) == 0
        assert run(["impact", "B1-M01-UPS-A", "--save", "kept", "--json"]) == 0
        guarded.start(f"server.databases.read_only={DATABASE}\n")
        environment(guarded, patch, tmp_path_factory.mktemp("home"))
        yield folder


def environment(guarded, patch, home):
    where = guarded.named()
    for name, value in (("URI", where.uri), ("USER", where.user), ("PASSWORD", where.password)):
        patch.setenv(f"TWIN_{name}", value)
    patch.setenv("TWIN_DATABASE", DATABASE)
    patch.setenv("TWIN_CA", str(guarded.folder / "ca.pem"))
    patch.setenv("TWIN_HOME", str(home))


READS = [
    ["status", "--json"],
    ["doctor", "--json"],
    ["migrate", "--json"],
    ["impact", "B1-M01-UPS-A", "--json"],
    ["check", "B1-M01-UPS-A", "--json"],
    ["spof", "--json"],
    ["cutsets", "B1-M01-UPS-A", "--json"],
    ["audit", "independence", "--json"],
    ["audit", "tier", "--json"],
    ["availability", "--json"],
    ["blackstart", "--json"],
    ["queries", "--json"],
    ["scenarios", "list", "--json"],
    ["scenarios", "show", "kept", "--json"],
    ["cypher", "MATCH (a:Asset) RETURN count(a) AS n", "--json"],
]


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_every_command_that_reads_works_on_a_read_only_database(read_only, command, capsys):
    assert run(command) in {0, 1}, capsys.readouterr().err
    json.loads(capsys.readouterr().out)


def test_what_is_there_is_exported_and_an_import_is_tried_without_writing(read_only, tmp_path, capsys):
    assert run(["export", str(tmp_path / "out")]) == 0
    assert run(["ingest", str(read_only), "--dry-run"]) == 0
    assert (tmp_path / "out").exists()


WRITES = [
    ["ingest", "{}"],
    ["impact", "B1-M01-UPS-A", "--save", "other"],
    ["scenarios", "delete", "kept"],
    ["cypher", "CREATE (:Thing)", "--write"],
]


@pytest.mark.parametrize("command", WRITES, ids=lambda command: " ".join(command[:2]))
def test_every_command_that_writes_says_why_it_does_not(guarded, read_only, command, capsys):
    status = run([word.format(read_only) for word in command])
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert status == 3
    assert re.match(
        rf"twin: nothing can be written: the database '{re.escape(DATABASE)}' of Neo4j at \S+ is read-only", said
    )
    with Store(guarded.named()) as store:
        assert [row["name"] for row in listed(store)] == ["kept"]


def test_doctor_notes_that_nothing_can_be_written(read_only, capsys):
    run(["doctor", "--json"])
    rights = next(one for one in json.loads(capsys.readouterr().out)["findings"] if one["what"] == "rights")
    assert rights["state"] == "note"
    assert "read-only" in rights["said"]


def test_the_refusal_is_an_error_of_its_own_kind(guarded, read_only):
    with Store(guarded.named()) as store, pytest.raises(MayOnlyRead):
        store.write("CREATE (:Thing)")
