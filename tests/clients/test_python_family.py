"""The report family and batches as the Python Graph SDK for beta reads and sends them."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from dataclasses import dataclass

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph_beta.generated.models.authentication_method_feature import AuthenticationMethodFeature
from msgraph_beta.generated.models.feature_type import FeatureType
from msgraph_beta.generated.models.included_user_roles import IncludedUserRoles
from msgraph_beta.generated.models.included_user_types import IncludedUserTypes
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.registration_auth_method import RegistrationAuthMethod
from msgraph_beta.generated.models.registration_status_type import RegistrationStatusType
from msgraph_beta.generated.models.usage_auth_method import UsageAuthMethod
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_content_collection import BatchRequestContentCollection
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

from tests.clients.test_python_sdk import an_event, connect, details

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Reporting .* API is deprecated"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]
LATER = "include-unknown-enum-members"


@pytest.fixture
def tenant(served):
    """The base URL of a tenant with contoso, at the end of its period."""

    def control(method, path, body):
        request = urllib.request.Request(
            f"{served}/_fakegraph{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    made = control("POST", "/tenants", {"fixture": "contoso"})
    control("PUT", f"/tenants/{made['id']}/clock", {"now": "2024-06-30T18:00:00Z"})
    return f"{served}/tenants/{made['id']}"


@pytest.fixture
def run(tenant):
    """Run a coroutine function with a client, in an event loop of its own."""

    def run(work):
        return asyncio.run(work(connect(tenant)))

    return run


@dataclass
class Parameters:
    """Query options under names of our own: the SDK has a class of them for each builder."""

    filter: str | None = None
    orderby: list[str] | None = None
    top: int | None = None
    count: bool | None = None

    def get_query_parameter(self, name):
        return f"%24{name}"


def asking(prefer=None, **options):
    """A request's options and preference."""

    parameters = Parameters(**options)
    headers = HeadersCollection()
    if prefer:
        headers.add("Prefer", prefer)
    return RequestConfiguration(query_parameters=parameters, headers=headers)


SETS = {
    "userCredentialUsageDetails": lambda reports: reports.user_credential_usage_details,
    "credentialUserRegistrationDetails": lambda reports: (
        reports.credential_user_registration_details
    ),
    "userEventsSummary": lambda reports: reports.authentication_methods.user_events_summary,
    "userRegistrationDetails": lambda reports: (
        reports.authentication_methods.user_registration_details
    ),
}


def by_id(builder, key):
    (name,) = (name for name in dir(builder) if name.startswith("by_"))
    return getattr(builder, name)(key)


@pytest.mark.parametrize(("name", "total"), [("userCredentialUsageDetails", 400), ("credentialUserRegistrationDetails", 60), ("userEventsSummary", 400), ("userRegistrationDetails", 60)])  # fmt: skip
def test_each_set_is_listed_paged_counted_and_read_by_id(run, name, total):
    async def work(client):
        builder = SETS[name](client.reports)
        page = await builder.get(asking(top=total // 7, count=True, orderby=["userPrincipalName"]))
        assert page.odata_count == await builder.count.get() == total

        found = []
        iterator = PageIterator(page, client.request_adapter)
        await iterator.iterate(lambda record: found.append(record) or True)
        assert len({record.id for record in found}) == len(found) == total
        names = [record.user_principal_name for record in found]
        assert names == sorted(names)
        assert {record.odata_type for record in found} <= {None, f"#microsoft.graph.{name}"}

        one = await by_id(builder, found[-1].id).get()
        assert one.user_display_name == found[-1].user_display_name
        with pytest.raises(ODataError) as raised:
            await by_id(builder, "nobody").get()
        assert raised.value.error.code == "ResourceNotFound"

    run(work)


def test_events_have_the_types_of_both_names(run):
    async def work(client):
        old = await SETS["userCredentialUsageDetails"](client.reports).get(asking(top=9))
        new = await SETS["userEventsSummary"](client.reports).get(asking(top=9))
        for before, after in zip(old.value, new.value, strict=True):
            for name in ("id", "feature", "auth_method", "event_date_time", "is_success"):
                assert getattr(before, name) == getattr(after, name)
            assert isinstance(after.feature, FeatureType)
            assert isinstance(after.auth_method, UsageAuthMethod)

    run(work)


def test_registrations_are_filtered_by_method(run):
    async def work(client):
        condition = "authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'fido')"
        old = await SETS["credentialUserRegistrationDetails"](client.reports).get(asking(filter=condition))  # fmt: skip
        assert old.value
        assert all(RegistrationAuthMethod.Fido in user.auth_methods for user in old.value)
        condition = "methodsRegistered/any(m:m eq 'fido2SecurityKey')"
        new = await SETS["userRegistrationDetails"](client.reports).get(asking(filter=condition))
        assert [user.id for user in new.value] == [user.id for user in old.value]
        assert all(user.is_passwordless_capable for user in new.value)

    run(work)


def test_usage_summary_sums_the_events(run):
    async def work(client):
        summary = client.reports.get_credential_usage_summary_with_period("D30")
        whole = (await summary.get()).value
        counts = sum(each.successful_activity_count + each.failure_activity_count for each in whole)
        assert counts == 400
        assert all(isinstance(each.auth_method, UsageAuthMethod) for each in whole)

        first = await summary.get(asking(top=5, filter="feature eq 'registration'", count=True))
        found = []
        iterator = PageIterator(first, client.request_adapter)
        await iterator.iterate(lambda each: found.append(each.id) or True)
        assert len(first.value) == 5
        assert found == [each.id for each in whole if each.feature == FeatureType.Registration]
        assert first.odata_count == len(found)
        with pytest.raises(ODataError) as raised:
            await client.reports.get_credential_usage_summary_with_period("D9").get()
        assert "'D1', 'D7', 'D30'" in raised.value.error.message

    run(work)


def test_registration_count_counts_the_users(run):
    async def work(client):
        page = await client.reports.get_credential_user_registration_count.get()
        (counted,) = page.value
        assert counted.total_user_count == 60
        counts = {c.registration_status: c.registration_count for c in counted.user_registration_counts}  # fmt: skip
        users = SETS["credentialUserRegistrationDetails"](client.reports)
        registered = (await users.get(asking(filter="isRegistered eq true", top=999))).value
        assert counts[RegistrationStatusType.Registered] == len(registered)
        assert set(counts) == set(RegistrationStatusType) - {RegistrationStatusType.UnknownFutureValue}  # fmt: skip

    run(work)


def test_users_registered_are_counted(run):
    async def work(client):
        methods = client.reports.authentication_methods
        by_feature = await methods.users_registered_by_feature.get()
        by_method = await methods.users_registered_by_method.get()
        assert by_feature.total_user_count == by_method.total_user_count == 60
        features = {c.feature: c.user_count for c in by_feature.user_registration_feature_counts}
        users = (await methods.user_registration_details.get(asking(top=999))).value
        assert features[AuthenticationMethodFeature.MfaCapable] == sum(u.is_mfa_capable for u in users)  # fmt: skip
        counts = {c.authentication_method: c.user_count for c in by_method.user_registration_method_counts}  # fmt: skip
        assert counts["email"] == sum("email" in user.methods_registered for user in users)

        arguments = "(includedUserTypes='guest',includedUserRoles='user')"
        for name, builder in (
            ("usersRegisteredByFeature", methods.users_registered_by_feature),
            ("usersRegisteredByMethod", methods.users_registered_by_method),
        ):
            # The SDK's builder of this URL loses the comma (std-uritemplate 2.0.12).
            url = f"{client.request_adapter.base_url}/reports/authenticationMethods/{name}"
            guests = await builder.with_url(url + arguments).get()
            assert guests.user_types == IncludedUserTypes.Guest
            assert guests.user_roles == IncludedUserRoles.User
            assert 0 < guests.total_user_count < 60

    run(work)


def test_later_members_are_for_those_who_prefer_them(run):
    async def work(client):
        with pytest.raises(ODataError) as raised:
            await details(client).post(an_event(auth_method=UsageAuthMethod.QrCode))
        assert raised.value.error.details[0].target == "authMethod"

        later = asking(prefer=LATER)
        created = await details(client).post(an_event(auth_method=UsageAuthMethod.QrCode), later)
        assert created.auth_method == UsageAuthMethod.QrCode
        one = by_id(details(client), created.id)
        assert (await one.get()).auth_method == UsageAuthMethod.UnknownFutureValue
        assert (await one.get(later)).auth_method == UsageAuthMethod.QrCode

        users = SETS["credentialUserRegistrationDetails"](client.reports)
        condition = "authMethods/any(t:t eq 'externalAuthMethod')"
        found = (await users.get(asking(prefer=LATER, filter=condition))).value
        assert found
        assert all(RegistrationAuthMethod.ExternalAuthMethod in user.auth_methods for user in found)

    run(work)


class Item(BatchRequestItem):
    """The SDK's own, which writes ``dependsOn`` under a name that the service does not know."""

    def serialize(self, writer):
        super().serialize(writer)
        misspelt = writer.writer.pop("depends_on", None)
        if misspelt is not None:
            writer.writer["dependsOn"] = misspelt


def batch_of(client):
    """What sends batches. Of JSON in a response the SDK keeps nothing (msgraph-core 1.5)."""
    return BatchRequestBuilder(client.request_adapter)


def test_batch_reads_the_family(run):
    async def work(client):
        reports = client.reports
        asked = {
            **{name: builder(reports) for name, builder in SETS.items()},
            "summary": reports.get_credential_usage_summary_with_period("D7"),
            "count": reports.get_credential_user_registration_count,
            "byFeature": reports.authentication_methods.users_registered_by_feature,
            "byMethod": reports.authentication_methods.users_registered_by_method,
        }
        content = BatchRequestContent()
        for name, builder in asked.items():
            item = BatchRequestItem(builder.to_get_request_information(), id=name)
            content.add_request(name, item)
        answer = await batch_of(client).post(content)

        assert answer.get_response_status_codes() == dict.fromkeys(asked, 200)
        assert "Sunset" in answer.get_response_by_id("summary").headers
        assert "Sunset" not in answer.get_response_by_id("byMethod").headers

    run(work)


def test_batch_items_wait_for_each_other(run):
    async def work(client):
        builder = details(client)
        create = Item(builder.to_post_request_information(an_event(id="batched")), id="create")
        read = Item(by_id(builder, "batched").to_get_request_information(), id="read", depends_on=[create])  # fmt: skip
        fail = Item(by_id(builder, "nobody").to_delete_request_information(), id="fail")
        never = Item(by_id(builder, "batched").to_delete_request_information(), id="never", depends_on=["fail"])  # fmt: skip
        content = BatchRequestContent({item.id: item for item in (create, read, fail, never)})
        answer = await batch_of(client).post(content)

        assert answer.get_response_status_codes() == {"create": 201, "read": 200, "fail": 404, "never": 424}  # fmt: skip
        assert (await by_id(builder, "batched").get()).id == "batched"

    run(work)


def test_collection_of_batches_is_split_into_twenties(run):
    async def work(client):
        collection = BatchRequestContentCollection()
        for number in range(25):
            item = BatchRequestItem(details(client).to_get_request_information(), id=str(number))
            collection.add_batch_request_item(item)
        answer = await batch_of(client).post(collection)
        codes = [content.get_response_status_codes() for content in answer.get_responses()]
        assert sorted(map(len, codes)) == [5, 20]
        assert {status for each in codes for status in each.values()} == {200}

    run(work)
