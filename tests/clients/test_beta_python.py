"""Things that beta alone has, as the Python Graph SDK for beta makes, lists, changes and deletes them."""

from __future__ import annotations

import asyncio
import inspect
import re
from importlib import import_module

import httpx
import pytest
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError

# Thirty places of nineteen areas, each with a text that things there have.
PLACES = [
    "",
    "    /accessReviews displayName",
    "    /admin/windows/updates/policies displayName",
    "    /agentRegistry/agentCollections displayName",
    "    /compliance/ediscovery/cases displayName",
    "    /deviceAppManagement/deviceAppManagementTasks displayName",
    "    /deviceAppManagement/windowsInformationProtectionDeviceRegistrations deviceName",
    "    /deviceAppManagement/wdacSupplementalPolicies displayName",
    "    /deviceManagement/androidDeviceOwnerEnrollmentProfiles displayName",
    "    /deviceManagement/androidForWorkEnrollmentProfiles displayName",
    "    /deviceManagement/deviceShellScripts displayName",
    "    /deviceManagement/deviceHealthScripts displayName",
    "    /deviceManagement/configurationPolicies name",
    "    /directory/externalUserProfiles displayName",
    "    /directory/pendingExternalUserProfiles displayName",
    "    /external/industryData/dataConnectors displayName",
    "    /external/industryData/inboundFlows displayName",
    "    /identity/b2cUserFlows defaultLanguageTag",
    "    /identityGovernance/entitlementManagement/externalOriginResourceConnectors displayName",
    "    /solutions/businessScenarios displayName",
    "    /networkAccess/cloudFirewallPolicies name",
    "    /networkAccess/threatIntelligencePolicies name",
    "    /networkAccess/filteringProfiles name",
    "    /planner/goals displayName",
    "    /policies/b2bManagementPolicies displayName",
    "    /policies/onPremAuthenticationPolicies displayName",
    "    /programs displayName",
    "    /roleManagement/exchange/customAppScopes displayName",
    "    /settings displayName",
    "    /tenantRelationships/managedTenants/tenantTags displayName",
    "    /workplace/sensorDevices displayName",
    "",
]
PLACES = [tuple(line.split()) for line in PLACES if line.strip()]
TOKEN = {"Authorization": "Bearer any"}

# The SDK says of some of what it has, and of its own code, that it is old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def builder_at(client, path):
    for segment in path.strip("/").split("/"):
        client = getattr(client, snake(segment))
    return client


def model_of(builder):
    """The class of what is posted there."""
    name = inspect.signature(builder.post).parameters["body"].annotation
    text = inspect.getsource(import_module(type(builder).__module__))
    module = re.search(rf"from (\.[\w.]*) import {name}\b", text)[1]
    return getattr(import_module(module, import_module(type(builder).__module__).__package__), name)


@pytest.fixture
def client(served):
    http = httpx.AsyncClient(headers=TOKEN)
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=http)
    adapter.base_url = f"{served}/beta"
    return GraphServiceClient(request_adapter=adapter)


def test_thirty_sets_of_beta_take_a_life_each(client):
    areas = {path.split("/")[1] for path, _ in PLACES}
    assert (len(PLACES), len(areas) >= 15) == (30, True)

    async def live():
        for path, text in PLACES:
            await one_life(builder_at(client, path), snake(text))

    asyncio.run(live())


async def one_life(builder, text):
    kind = model_of(builder)
    made = await builder.post(kind(**{text: "first"}))
    assert getattr(made, text) == "first"
    listed = await builder.get()
    assert [getattr(each, text) for each in listed.value if each.id == made.id] == ["first"]

    item = next(
        getattr(builder, name) for name in dir(builder) if re.fullmatch(r"by_\w+_id|by_id", name)
    )(made.id)
    await item.patch(kind(**{text: "second"}))
    assert getattr(await item.get(), text) == "second"

    await item.delete()
    with pytest.raises(ODataError) as refused:
        await item.get()
    assert refused.value.response_status_code == 404
