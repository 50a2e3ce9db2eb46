"""What paths of the whole model lead to is found again after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

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
