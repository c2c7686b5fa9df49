"""Imports by upload and exports by download: as the commands do them, one at a time, with limits, report and cancel."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile

import pytest
from fastapi.testclient import TestClient
from plugins.neo4j_fixture import empty

import twin
from ingest.campus import write
from ingest.lock import only_import
from twin.access.roles import Role
from twin.service.app import Settings, create
from twin.service.worker import Where

pytestmark = pytest.mark.neo4j
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    write(folder, "tiny", 1, False)
    return folder


@pytest.fixture
def client(endpoint, store, tmp_path):
    empty(store)
    store.write("CREATE (:Asset:Campus {id: 'C', name: 'C'})")
    auth = (endpoint.user, endpoint.password or "")
    where = Where(uri=endpoint.uri, auth=auth, database=endpoint.database)
    with twin.open(endpoint.uri, auth=auth, database=endpoint.database, home=tmp_path) as campus:
        app = create(campus, Settings(where, no_view="not here", most_bytes=5_000_000))
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
            yield opened


def files_of(folder):
    return [
        ("files", (str(file.relative_to(folder)), file.read_bytes()))
        for file in sorted(folder.rglob("*"))
        if file.suffix in {".ifc", ".csv"}
    ]


def ended(client, job, seconds=240):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = client.get(f"/api/v1/jobs/{job}").json()
        if found["state"] != "running":
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def test_an_upload_is_imported_as_the_command_would(client, store, exports, tmp_path):
    answer = client.post("/api/v1/ingest", files=files_of(exports))
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert job["state"] == "running"
    busy = client.post("/api/v1/ingest", files=[("files", ("x-assets.csv", b"id,label,name,parent_id\n"))])
    assert busy.status_code == 409
    assert job["id"] in busy.json()["detail"]
    found = ended(client, job["id"])
    assert found["state"] == "done", found["error"]
    assert found["report"]["errors"] == 0
    assert found["report"]["assets"]["new"] > 500
    assert found["progress"]["what"]
    assert store.read("MATCH (a:UPS) RETURN count(a) AS n")[0]["n"] == found["report"]["labels"]["UPS"]
    assert client.get("/api/v1/assets/B1-M01-UPS-A").status_code == 200, "the server follows"
    assert not list((tmp_path / "jobs").iterdir()), "nothing is left of the upload"
    noted = [json.loads(line) for line in (tmp_path / "access" / "audit.jsonl").read_text().splitlines()]
    assert [(line["what"], line["on"]) for line in noted[:1] + noted[-1:]] == [
        ("ingest.begin", job["id"]), ("ingest", job["id"]),
    ]  # fmt: skip
    assert noted[-1]["result"] == "done"
    assert client.get("/api/v1/jobs").json()["rows"][0]["id"] == job["id"]
    # What comes out can be imported again.
    archive = client.get("/api/v1/export", params={"id": "B1-M01"})
    assert archive.status_code == 200
    assert archive.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.testzip() is None
        table = next(name for name in opened.namelist() if name.endswith("assets.csv"))
        ids = {line.partition(b",")[0] for line in opened.read(table).splitlines()}
        assert b"B1-M01" in ids
        assert b"B1" not in ids
    assert not list((tmp_path / "jobs").iterdir())
    assert client.get("/api/v1/export", params={"id": "NO-SUCH"}).status_code == 422


TABLE = b"id,label,name,parent_id\nX-1,Cabinet,one,C\nX-2,NoLabel,two,C\n"


@pytest.mark.parametrize(
    ("options", "state", "there"),
    [({}, "done", 1), ({"dry_run": "true"}, "done", 0), ({"strict": "true"}, "failed", 0)],
    ids=["good rows", "dry run", "strict"],
)
def test_options_are_those_of_the_command(client, store, options, state, there):
    answer = client.post("/api/v1/ingest", files=[("files", ("x-assets.csv", TABLE))], data=options)
    found = ended(client, answer.json()["id"])
    assert found["state"] == state
    assert found["report"]["errors"] == 1
    place = found["report"]["findings"][0]
    assert "x-assets.csv" in json.dumps(place)
    assert "/jobs/" not in json.dumps(found), "no path of the server"
    assert len(store.read("MATCH (a:Asset {id: 'X-1'}) RETURN a")) == there
    if state == "failed":
        assert "--strict" in found["error"]


def test_a_job_can_be_cancelled_and_its_files_go(client, store, exports, tmp_path):
    with only_import(store):  # so that the job waits for as long as nobody cancels it
        job = client.post("/api/v1/ingest", files=files_of(exports)).json()["id"]
        answer = client.delete(f"/api/v1/jobs/{job}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "cancelled"
        assert not list((tmp_path / "jobs").iterdir())
        assert client.delete(f"/api/v1/jobs/{job}").status_code == 409
        assert client.delete("/api/v1/jobs/nothing").status_code == 404
    # The next one is not kept waiting by it.
    again = client.post("/api/v1/ingest", files=[("files", ("x-assets.csv", TABLE))])
    assert ended(client, again.json()["id"])["state"] == "done"
    assert [row["id"] for row in store.read("MATCH (a:Asset) RETURN a.id AS id ORDER BY id")] == ["C", "X-1"]


RULE = b"""
[[asset_list]]
file = "register"
id = "No"
label = "Cabinet"
"""


@pytest.mark.parametrize(
    ("mapping", "state", "there"),
    [(RULE, "done", 1), (RULE.replace(b"Cabinet", b"Cabnet"), "failed", 0), (b"\xff", "failed", 0)],
    ids=["a mapping", "a mistake in it", "no text"],
)
def test_a_mapping_is_uploaded_with_the_files(client, store, mapping, state, there):
    files = [("files", ("register.csv", b"No,Name\nX-9,one\n")), ("mapping", ("mine.toml", mapping))]
    found = ended(client, client.post("/api/v1/ingest", files=files).json()["id"])
    assert found["state"] == state, found
    assert len(store.read("MATCH (a:Cabinet {id: 'X-9'}) RETURN a")) == there
    if state == "failed":
        assert "mapping" in found["error"]
        assert "/jobs/" not in found["error"], "no path of the server"


def upload(client, name, content=TABLE, **data):
    return client.post("/api/v1/ingest", files=[("files", (name, content))], data=data)


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", ".x.csv", "x", "x.exe", "a" * 300 + ".csv",
             "a/b/c/d/e/f/x.csv"],
)  # fmt: skip
def test_names_of_files_that_lead_elsewhere_are_refused(client, tmp_path, name):
    answer = upload(client, name)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not list(tmp_path.rglob("*.csv"))


def test_a_name_with_a_nul_byte_is_refused(client, tmp_path):
    # By hand: the client would send it as %00.
    body = b'--b\r\ncontent-disposition: form-data; name="files"; filename="x\0.csv"\r\n\r\n' + TABLE + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = client.post("/api/v1/ingest", content=body, headers=headers)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not list(tmp_path.rglob("*.csv"))


def test_what_is_no_upload_is_a_problem(client):
    for answer, status in (
        (client.post("/api/v1/ingest", json={}), 415),
        (client.post("/api/v1/ingest"), 415),
        (client.post("/api/v1/ingest", content=b"x", headers={"content-type": "multipart/form-data"}), 400),
        (client.post("/api/v1/ingest", data={"source": "x"}, files=[("other", b"x")]), 422),
        (client.post("/api/v1/ingest", data={"mapping": "x"}, files=[("files", ("x.csv", b"x"))]), 422),
        (upload(client, "x-assets.csv", strict="maybe"), 422),
        (upload(client, "x-assets.csv", unknown="1"), 422),
        (upload(client, "x-assets.csv", source=" "), 422),
        (upload(client, "x-assets.csv", b"x" * 5_000_001), 413),
        (client.post("/api/v1/ingest", files=[("files", ("x.csv", b"1")), ("files", ("x.csv", b"2"))]), 422),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/jobs").json()["rows"] == []


def test_too_much_is_noticed_while_it_comes(client, tmp_path):
    def chunks():
        yield b'--b\r\ncontent-disposition: form-data; name="files"; filename="x.csv"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 100_000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/api/v1/ingest", content=chunks(), headers=headers).status_code == 413
    assert not list((tmp_path / "jobs").iterdir())


def test_only_editors_import_and_a_refused_upload_is_not_read(client, tmp_path):
    from twin.access.people import People  # noqa: PLC0415

    with People(tmp_path) as people:
        people.add("anna", Role.OPERATOR, PASSWORD)
        token = people.add_token("anna", "t").text
    answer = client.post(
        "/api/v1/ingest", files=[("files", ("x-assets.csv", TABLE))], headers={"authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 403
    assert not (tmp_path / "jobs").exists()


def test_what_an_earlier_server_left_goes_at_the_start(endpoint, store, tmp_path):
    left = tmp_path / "jobs" / "x" / "upload"
    left.mkdir(parents=True)
    (left / "secret.csv").write_text("x")
    auth = (endpoint.user, endpoint.password or "")
    with (
        twin.open(endpoint.uri, auth=auth, database=endpoint.database, home=tmp_path) as campus,
        TestClient(create(campus, Settings(Where(), no_view="not here"))),
    ):
        assert not left.exists()
    shutil.rmtree(tmp_path / "jobs", ignore_errors=True)
