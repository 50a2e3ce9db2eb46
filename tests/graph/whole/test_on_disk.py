"""What paths of the whole model lead to is found again after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakegraph.store import DataFileError
from tests.conftest import MakeClient

ADA = {
    "accountEnabled": True,
    "displayName": "Ada",
    "mailNickname": "ada",
    "userPrincipalName": "ada@contoso.com",
    "passwordProfile": {"password": "long enough 1"},
}


def test_a_mailbox_and_a_drive_are_used_again_after_a_restart(
    make_client: MakeClient, tmp_path: Path
) -> None:
    from fakegraph.app import close_app

    client = make_client(data_dir=tmp_path)
    assert client.post("/v1.0/users", json=ADA).status_code == 201
    assert client.post("/v1.0/me/messages", json={"subject": "before"}).status_code == 201
    assert client.put("/v1.0/me/drive/root:/a.txt:/content", data=b"text").status_code == 201
    close_app(client.application)

    again = make_client(data_dir=tmp_path)
    assert again.post("/v1.0/me/messages", json={"subject": "after"}).status_code == 201
    subjects = [each["subject"] for each in again.get("/v1.0/me/messages").json["value"]]
    assert sorted(subjects) == ["after", "before"]
    names = [each["name"] for each in again.get("/v1.0/me/drive/root/children").json["value"]]
    assert names == ["a.txt"]
    assert again.get("/v1.0/users/ADA@contoso.com").status_code == 200


def test_a_content_that_is_damaged_or_gone_while_the_server_runs_is_503(
    make_client: MakeClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(data_dir=tmp_path)
    assert client.put("/v1.0/me/drive/root:/a.txt:/content", data=b"text").status_code == 201
    url = "/v1.0/me/drive/root:/a.txt:/content"
    download = client.get(url).headers["Location"]
    (file,) = (tmp_path / "default.bytes").iterdir()

    for spoil, words in ((_overwrite, "it is damaged"), (Path.unlink, "are not there")):
        spoil(file)
        answer = client.get(download)
        assert answer.status_code == 503
        assert words in answer.json["error"]["message"]
        assert words in caplog.text

    assert client.put(url, data=b"text").status_code == 200
    assert client.get(download).data == b"text"


def _overwrite(file: Path) -> None:
    file.write_bytes(b"tent")


def test_a_tenant_whose_data_file_is_gone_is_listed_and_can_be_removed(
    make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "lost.bytes").mkdir()
    (tmp_path / "lost.bytes" / ("0" * 64)).write_bytes(b"mine")
    client = make_client(data_dir=tmp_path)

    assert "lost" in client.get("/_fakegraph/tenants").text
    assert client.delete("/_fakegraph/tenants/lost").status_code == 204
    assert not (tmp_path / "lost.bytes").exists()


def _edited(client: Any, folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Stop the server, and edit the data file as people do."""
    from fakegraph.app import close_app

    close_app(client.application)
    file = folder / "default.json"
    found = json.loads(file.read_bytes())
    edit(found)
    file.write_text(json.dumps(found))


def _begun(make_client: MakeClient, folder: Path) -> Any:
    client = make_client(data_dir=folder)
    for name in ("ada", "bo"):
        sent = {**ADA, "mailNickname": name, "userPrincipalName": f"{name}@contoso.com"}
        assert client.post("/v1.0/users", json=sent).status_code == 201
    message = {"subject": "s", "importance": "high", "body": {"contentType": "text"}}
    assert client.post("/v1.0/me/messages", json=message).status_code == 201
    assert client.put("/v1.0/me/drive/root:/a.txt:/content", data=b"text").status_code == 201
    assert client.patch("/v1.0/education", json={}).status_code < 500
    return client


def _last(found: dict[str, Any], table: str) -> dict[str, Any]:
    return list(found[table].values())[-1]


EDITS: list[tuple[str, dict[str, Any], str]] = [
    ("users", {"nope": 1}, "nope: The property 'nope' does not exist"),
    ("users", {"displayName": 7}, "displayName: "),
    ("users", {"accountEnabled": "yes"}, "accountEnabled: "),
    ("users", {"createdDateTime": "yesterday"}, "createdDateTime: "),
    ("users", {"@odata.type": "#microsoft.graph.group"}, "@odata.type: "),
    ("users", {"@odata.type": 7}, "@odata.type: "),
    ("users", {"id": ""}, "id: Cannot convert"),
    ("users", {"id": "a\nb"}, "none of them a control character"),
    ("users", {"id": None}, "id"),
    ("users", {"userPrincipalName": "ADA@contoso.com"}, "is there twice"),
    ("user/messages", {"importance": "nope"}, "importance: "),
    ("user/messages", {"body": {"contentType": "nope"}}, "body/contentType: "),
]


@pytest.mark.parametrize(("table", "change", "words"), EDITS)
def test_a_bad_record_is_never_served(
    make_client: MakeClient, tmp_path: Path, table: str, change: dict[str, Any], words: str
) -> None:
    client = _begun(make_client, tmp_path)
    _edited(client, tmp_path, lambda found: _last(found, table).update(change))

    with pytest.raises(DataFileError) as refused:
        make_client(data_dir=tmp_path)
    assert f"table '{table}', document " in str(refused.value)
    assert words in str(refused.value)


def test_records_that_were_edited_well_are_served(make_client: MakeClient, tmp_path: Path) -> None:
    client = _begun(make_client, tmp_path)
    _edited(client, tmp_path, lambda found: _last(found, "users").update({"jobTitle": "new"}))

    again = make_client(data_dir=tmp_path)
    assert again.get("/v1.0/users/bo@contoso.com?$select=jobTitle").json["jobTitle"] == "new"
