"""Large files as Microsoft's own clients send them, through a connection that breaks."""

from __future__ import annotations

import asyncio
import io
import random
import urllib.request
from hashlib import sha256

import httpx
import pytest
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.drives.item.items.item.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.models.drive_item import DriveItem
from msgraph.generated.models.drive_item_uploadable_properties import DriveItemUploadableProperties
from msgraph_core.tasks.large_file_upload import LargeFileUploadTask

from fakegraph.handle import RemoteServer
from tests.clients.conftest import serving
from tests.clients.test_javascript import node
from tests.clients.test_python_sdk import FixedToken

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

SLICE = 320 * 1024
LARGE = random.Random(7).randbytes(7 * SLICE + 12_345)
BROKEN = {"match": {"method": "PUT", "path": "*/uploadSession"}, "preset": "connectionReset"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("files"), "--no-fixture") as url:
        yield url


def stored(url, name):
    """The bytes of a file, by the redirect that leads to them."""
    head = {"Authorization": "Bearer x"}
    asked = urllib.request.Request(f"{url}/v1.0/me/drive/root:/{name}:/content", headers=head)
    with urllib.request.urlopen(asked) as answer:
        return answer.read()


def told(url):
    """What was sent to the session, and what came of it."""
    found = RemoteServer(url).control("GET", "/requests?path=*/uploadSession")["value"]
    return [(each["method"], each["status"]) for each in found]


def test_the_python_sdk_goes_on_where_the_connection_broke(url):
    async def work():
        adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(FixedToken("any")))
        adapter.base_url = f"{url}/v1.0"
        client = GraphServiceClient(request_adapter=adapter)
        drive = await client.me.drive.get()
        item = client.drives.by_drive_id(drive.id).items.by_drive_item_id("root:/python.bin:")
        said = DriveItemUploadableProperties(
            additional_data={"@microsoft.graph.conflictBehavior": "replace"}
        )
        body = CreateUploadSessionPostRequestBody(item=said)
        session = await item.create_upload_session.post(body)
        task = LargeFileUploadTask(session, adapter, io.BytesIO(LARGE), DriveItem, SLICE)
        RemoteServer(url).control("POST", "/faults", {**BROKEN, "skip": 2, "times": None})
        with pytest.raises(httpx.HTTPError):
            await task.upload()
        RemoteServer(url).control("DELETE", "/faults")
        async with httpx.AsyncClient(trust_env=False) as plain:
            there = (await plain.get(session.upload_url)).json()
        session.additional_data["nextExpectedRanges"] = there["nextExpectedRanges"]
        again = LargeFileUploadTask(session, adapter, io.BytesIO(LARGE), DriveItem, SLICE)
        first = int(there["nextExpectedRanges"][0].split("-")[0])
        with pytest.raises(APIError, match="404"):  # it asks the session once more than it needs to
            await again.resume()
        return first

    first = asyncio.run(work())

    assert 0 < first < len(LARGE)
    assert sha256(stored(url, "python.bin")).digest() == sha256(LARGE).digest()
    assert {("PUT", 0), ("GET", 200), ("PUT", 201)} <= set(told(url))


def test_the_javascript_client_uploads_in_slices(served_tls, ca):
    done = node("--test", "--test-reporter=spec", "files.test.mjs", url=served_tls, ca=ca[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 2" in done.stdout
