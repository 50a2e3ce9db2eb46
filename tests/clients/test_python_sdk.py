"""The Python Graph SDK for beta, unmodified but for its base URL."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.feature_type import FeatureType
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.usage_auth_method import UsageAuthMethod
from msgraph_beta.generated.models.user_credential_usage_details import UserCredentialUsageDetails
from msgraph_core.tasks.page_iterator import PageIterator

# The SDK's own modules warn of each other as they are imported, and of the retired resource.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The Reporting userCredentialUsageDetails API is deprecated"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "sdks.md").read_text()


class FixedToken(AccessTokenProvider):
    """A token from nowhere: the served fakegraph is in bearer mode and takes any."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def get_authorization_token(self, uri, additional_authentication_context={}):  # noqa: B006 - the SDK's signature
        return self.token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def connect(url, token="anything"):
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(FixedToken(token)))
    adapter.base_url = f"{url}/beta"
    return GraphServiceClient(request_adapter=adapter)


@pytest.fixture
def run(served):
    """Run a coroutine function with a client, in an event loop of its own."""

    def run(work, token="anything"):
        return asyncio.run(work(connect(served, token)))

    return run


def details(client):
    return client.reports.user_credential_usage_details


def an_event(**changes):
    event = UserCredentialUsageDetails(
        feature=FeatureType.Reset,
        user_principal_name="python@contoso.com",
        user_display_name="Py O'Thon",
        is_success=True,
        auth_method=UsageAuthMethod.Fido,
        failure_reason="",
        event_date_time=datetime(2024, 5, 1, 12, 30, 15, 123456, tzinfo=UTC),
    )
    for name, value in changes.items():
        setattr(event, name, value)
    return event


def query(client, **options):
    builder = details(client)
    parameters = type(builder).UserCredentialUsageDetailsRequestBuilderGetQueryParameters
    return RequestConfiguration(query_parameters=parameters(**options))


def test_create_get_update_delete(run):
    async def work(client):
        created = await details(client).post(an_event())
        assert UUID(created.id)
        assert created.event_date_time == an_event().event_date_time
        assert created.odata_type == "#microsoft.graph.userCredentialUsageDetails"

        one = details(client).by_user_credential_usage_details_id(created.id)
        found = await one.get()
        assert found.auth_method == UsageAuthMethod.Fido
        assert found.feature == FeatureType.Reset
        assert found.user_display_name == "Py O'Thon"

        updated = await one.patch(
            UserCredentialUsageDetails(is_success=False, failure_reason="Locked")
        )
        assert (updated.is_success, updated.failure_reason) == (False, "Locked")
        assert updated.user_principal_name == "python@contoso.com"

        await one.delete()
        with pytest.raises(ODataError) as raised:
            await one.get()
        assert raised.value.response_status_code == 404

    run(work)


def test_list_with_options(run):
    async def work(client):
        page = await details(client).get(
            query(
                client,
                filter="isSuccess eq false and startswith(userDisplayName,'a')",
                orderby=["eventDateTime desc"],
                select=["id", "userDisplayName", "eventDateTime", "isSuccess"],
                top=3,
                count=True,
            )
        )
        assert 0 < len(page.value) <= 3 <= page.odata_count
        assert all(event.is_success is False for event in page.value)
        assert all(event.user_display_name.casefold().startswith("a") for event in page.value)
        assert all(event.auth_method is None for event in page.value)
        dates = [event.event_date_time for event in page.value]
        assert dates == sorted(dates, reverse=True)

    run(work)


def test_page_iterator_meets_every_record_once(run):
    async def work(client):
        total = (await details(client).get(query(client, count=True, top=1))).odata_count
        first = await details(client).get(query(client, top=37))
        found = []
        iterator = PageIterator(first, client.request_adapter)
        await iterator.iterate(lambda event: found.append(event.id) or True)
        assert len(found) == len(set(found)) == total >= 300

    run(work)


def test_count_segment(run):
    async def work(client):
        count = await details(client).count.get()
        assert count == (await details(client).get(query(client, count=True))).odata_count

    run(work)


def test_not_found_is_an_odata_error(run):
    async def work(client):
        with pytest.raises(ODataError) as raised:
            await details(client).by_user_credential_usage_details_id("nobody").get()
        error = raised.value.error
        assert raised.value.response_status_code == 404
        assert error.code == "ResourceNotFound"
        assert error.message.startswith("Resource could not be discovered.")
        assert UUID(error.inner_error.request_id)
        assert UUID(error.inner_error.client_request_id)
        assert error.inner_error.date

    run(work)


def test_bad_request_is_an_odata_error_with_details(run):
    async def work(client):
        with pytest.raises(ODataError) as raised:
            await details(client).get(query(client, filter="(((("))
        assert raised.value.error.code == "BadRequest"
        assert raised.value.error.message.startswith("Invalid filter clause: ")
        with pytest.raises(ODataError) as raised:
            await details(client).post(UserCredentialUsageDetails(is_success=True))
        targets = [problem.target for problem in raised.value.error.details]
        assert len(targets) == 6
        assert "eventDateTime" in targets

    run(work)


def test_without_a_token_it_is_401(run):
    async def work(client):
        with pytest.raises(ODataError) as raised:
            await details(client).get()
        assert raised.value.response_status_code == 401
        assert raised.value.error.code == "InvalidAuthenticationToken"

    run(work, token="")


def test_readme_example(served):
    (example,) = [
        text
        for text in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "GraphServiceClient" in text
    ]
    found = {}
    exec(example.replace("http://127.0.0.1:8365", served), found)

    async def work(client):
        return await details(client).get(query(client, top=5))

    assert len(asyncio.run(work(found["client"])).value) == 5
