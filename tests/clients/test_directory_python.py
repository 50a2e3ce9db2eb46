"""The directory as the Python Graph SDK works it, signed in, with ``--auth strict``."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
    AddPasswordPostRequestBody,
)
from msgraph.generated.applications.item.remove_password.remove_password_post_request_body import (
    RemovePasswordPostRequestBody,
)
from msgraph.generated.groups.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody as GroupsOfGroup,
)
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.user import User
from msgraph.generated.service_principals.item.add_password import (
    add_password_post_request_body as adding,
)
from msgraph.generated.service_principals.item.remove_password import (
    remove_password_post_request_body as removing,
)
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph.generated.users.item.get_member_groups.get_member_groups_post_request_body import (
    GetMemberGroupsPostRequestBody,
)
from msgraph_core.tasks.page_iterator import PageIterator

from fakegraph.handle import RemoteServer
from tests.clients.conftest import serving
from tests.clients.test_family_python import asking, batch_of, ids, item, read
from tests.clients.test_python_sdk import FixedToken

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

PasswordOfPrincipal = adding.AddPasswordPostRequestBody
NoPasswordOfPrincipal = removing.RemovePasswordPostRequestBody
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
DEFAULT = "https://graph.microsoft.com/.default"
ROOT = "https://graph.microsoft.com/v1.0"
EVENTUAL = {"ConsistencyLevel": "eventual"}
PASSWORD = "xWwvJ]6NMw+bWH-d"
KEEPER = [
    *("User.ReadWrite.All", "Group.ReadWrite.All", "Application.ReadWrite.All"),
    *("AppRoleAssignment.ReadWrite.All", "Directory.Read.All"),
    "User-PasswordProfile.ReadWrite.All",
]
DIRECTORY = {
    "apps": [
        {"id": "keeper", "secrets": ["s3cret"], "roles": KEEPER},
        {"id": "reader", "secrets": ["s3cret"], "roles": ["User.Read.All"]},
    ]
}


@contextmanager
def serving_directory(folder):
    """Where a fakegraph is served that wants its own tokens, and the certificate of its CA."""
    (folder / "apps").mkdir()
    (folder / "apps" / "directory.json").write_text(json.dumps(DIRECTORY))
    options = ("--tls", "--auth", "strict", "--data-dir", folder / "data")
    with serving(folder, *options, "--fixture", folder / "apps") as url:
        yield url, folder / "data" / "tls" / "ca.pem"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with serving_directory(tmp_path_factory.mktemp("directory")) as found:
        yield found


@pytest.fixture
def run(place, monkeypatch):
    """Run a coroutine function with a client that is signed in, in a loop of its own."""
    url, ca = place
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(ca))
    control = RemoteServer(url, ca=ca).control
    control("POST", "/reset")

    def run(work, app="keeper", secret="s3cret"):
        return asyncio.run(work(connect(url, by_secret(url, app, secret))))

    run.url, run.control = url, control
    run.trust = ssl.create_default_context(cafile=ca)
    return run


def by_secret(url, app, secret):
    credential = ClientSecretCredential(
        "default", app, secret, authority=url, disable_instance_discovery=True
    )
    host = urlsplit(url).hostname
    return AzureIdentityAuthenticationProvider(credential, allowed_hosts=[host], scopes=[DEFAULT])


def connect(url, provider):
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def a_user(name, **more):
    return User(
        account_enabled=True,
        display_name=name.capitalize(),
        mail_nickname=name,
        user_principal_name=f"{name}@contoso.com",
        password_profile=PasswordProfile(
            password=PASSWORD, force_change_password_next_sign_in=False
        ),
        **more,
    )


def a_group(name, **more):
    return Group(
        display_name=name,
        mail_nickname=name,
        mail_enabled=False,
        security_enabled=True,
        group_types=[],
        **more,
    )


def link(id_, kind=ReferenceCreate):
    return kind(odata_id=f"{ROOT}/directoryObjects/{id_}")


async def refused(work, status, code, message):
    with pytest.raises(ODataError) as raised:
        await work
    error = raised.value.error
    assert (raised.value.response_status_code, error.code) == (status, code)
    assert error.message.startswith(message), error.message


async def all_of(client, page):
    found = []
    await PageIterator(page, client.request_adapter).iterate(
        lambda each: found.append(each) or True
    )
    return found


def test_users_are_made_listed_read_changed_and_deleted(run):
    async def work(client):
        made = await client.users.post(a_user("ada", department="Maths"))
        assert (made.user_principal_name, made.department) == ("ada@contoso.com", None)
        await client.users.post(a_user("bob"))

        users = client.users
        page = await users.get(asking(users, filter="startswith(displayName,'A')"))
        assert ids(page.value) == [made.id]
        chosen = asking(users, select=["id", "department"], filter="department eq 'Maths'")
        assert (await users.get(chosen)).value[0].department == "Maths"
        searched = asking(users, EVENTUAL, search='"displayName:bo"', count=True)
        page = await users.get(searched)
        assert ([each.display_name for each in page.value], page.odata_count) == (["Bob"], 1)
        assert await users.count.get(asking(headers=EVENTUAL)) == 2

        one = users.by_user_id("ada@contoso.com")
        assert await one.patch(User(job_title="Analyst")) is None
        assert (await one.get()).job_title == "Analyst"
        await one.delete()
        gone = "Resource 'ada@contoso.com' does not exist"
        await refused(one.get(), 404, "Request_ResourceNotFound", gone)
        back = client.directory.deleted_items.by_directory_object_id(made.id)
        assert (await back.restore.post(None)).id == made.id
        assert (await one.get()).id == made.id

    run(work)


def test_what_is_wrong_with_a_user_is_said_in_the_services_words(run):
    async def work(client):
        await client.users.post(a_user("ada"))
        again = client.users.post(a_user("ada"))
        message = (
            "Another object with the same value for property userPrincipalName already exists."
        )
        await refused(again, 400, "Request_BadRequest", message)
        bob = {"mail_nickname": "bob", "user_principal_name": "bob@contoso.com"}
        without = User(account_enabled=True, display_name="Bob", **bob)
        message = "A password must be specified to create a new user."
        await refused(client.users.post(without), 400, "Request_BadRequest", message)
        unsorted = asking(client.users, filter="displayName eq 'Ada'", orderby=["displayName"])
        message = "Sorting not supported for current query."
        await refused(client.users.get(unsorted), 400, "Request_UnsupportedQuery", message)

    run(work)


def test_groups_have_members_and_owners(run):
    async def work(client):
        ada = await client.users.post(a_user("ada"))
        bob = await client.users.post(a_user("bob"))
        bound = [f"{ROOT}/users/{ada.id}"]
        staff = await client.groups.post(
            a_group("staff", additional_data={"owners@odata.bind": bound})
        )
        inner = await client.groups.post(a_group("inner"))
        found = await client.groups.get(asking(client.groups, filter="displayName eq 'staff'"))
        assert ids(found.value) == [staff.id]
        one, within = (client.groups.by_group_id(each.id) for each in (staff, inner))
        await one.members.ref.post(link(inner.id))
        await within.members.ref.post(link(bob.id))

        again = "One or more added object references already exist for the following modified"
        await refused(one.members.ref.post(link(inner.id)), 400, "Request_BadRequest", again)
        members = await one.members.get()
        assert [(each.id, each.odata_type) for each in members.value] == [
            (inner.id, "#microsoft.graph.group")
        ]
        assert isinstance(members.value[0], Group)
        assert ids((await one.transitive_members.graph_user.get()).value) == [bob.id]
        assert ids((await one.owners.get()).value) == [ada.id]
        await one.owners.ref.post(link(bob.id))
        await one.owners.by_directory_object_id(ada.id).ref.delete()
        last = one.owners.by_directory_object_id(bob.id).ref.delete()
        message = "The group must have at least one owner, hence this owner cannot be removed."
        await refused(last, 400, "Request_BadRequest", message)

        person = client.users.by_user_id(bob.id)
        above = await person.transitive_member_of.get()
        assert {each.id for each in above.value} == {staff.id, inner.id}
        asked = CheckMemberGroupsPostRequestBody(group_ids=[staff.id, str(uuid4())])
        assert (await person.check_member_groups.post(asked)).value == [staff.id]
        asked = GetMemberGroupsPostRequestBody(security_enabled_only=True)
        assert set((await person.get_member_groups.post(asked)).value) == {staff.id, inner.id}
        asked = GroupsOfGroup(group_ids=[staff.id])
        assert (await within.check_member_groups.post(asked)).value == [staff.id]

        await one.members.by_directory_object_id(inner.id).ref.delete()
        assert (await one.members.get()).value == []
        twice = one.members.by_directory_object_id(inner.id).ref.delete()
        await refused(
            twice, 404, "Request_ResourceNotFound", f"Resource '{inner.id}' does not exist"
        )
        await one.patch(Group(description="Everybody"))
        assert (await one.get()).description == "Everybody"
        await one.delete()
        await refused(one.get(), 404, "Request_ResourceNotFound", f"Resource '{staff.id}'")

    run(work)


def test_managers_are_linked(run):
    async def work(client):
        ada = await client.users.post(a_user("ada"))
        bob = await client.users.post(a_user("bob"))
        one = client.users.by_user_id(bob.id)
        await refused(one.manager.get(), 404, "Request_ResourceNotFound", "Resource 'manager' does")
        await one.manager.ref.put(link(ada.id, ReferenceUpdate))
        assert (await one.manager.get()).id == ada.id
        assert ids((await client.users.by_user_id(ada.id).direct_reports.get()).value) == [bob.id]
        expanded = await one.get(asking(one, expand=["manager($select=id,displayName)"]))
        assert expanded.manager.id == ada.id
        await one.manager.ref.delete()
        await refused(one.manager.get(), 404, "Request_ResourceNotFound", "Resource 'manager' does")

    run(work)


def test_applications_have_secrets_that_are_renewed(run):
    async def work(client):
        made = await client.applications.post(Application(display_name="Payroll"))
        ada = await client.users.post(a_user("ada"))
        one = client.applications.by_application_id(made.id)
        apps = client.applications
        page = await apps.get(asking(apps, filter=f"appId eq '{made.app_id}'"))
        assert ids(page.value) == [made.id]
        assert (await client.applications_with_app_id(made.app_id).get()).id == made.id
        await one.owners.ref.post(link(ada.id))
        assert ids((await one.owners.get()).value) == [ada.id]
        await one.owners.by_directory_object_id(ada.id).ref.delete()
        assert (await one.owners.get()).value == []
        await one.patch(Application(display_name="Payroll 2"))
        assert (await one.get()).display_name == "Payroll 2"

        asked = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="a"))
        old = await one.add_password.post(asked)
        new = await one.add_password.post(AddPasswordPostRequestBody())
        assert old.secret_text.startswith(old.hint)
        kept = (await one.get()).password_credentials
        assert {each.key_id for each in kept} == {old.key_id, new.key_id}
        assert {each.secret_text for each in kept} == {None}
        removed = RemovePasswordPostRequestBody(key_id=old.key_id)
        await one.remove_password.post(removed)
        unknown = f"No password credential found with keyId '{old.key_id}'."
        await refused(one.remove_password.post(removed), 400, "Request_BadRequest", unknown)
        await one.delete()
        await refused(one.get(), 404, "Request_ResourceNotFound", f"Resource '{made.id}' does not")
        assert (await apps.get()).value == []

    run(work)


def test_a_service_principal_has_owners_and_secrets_of_its_own(run):
    async def work(client):
        app = await client.applications.post(Application(display_name="Payroll"))
        principals = client.service_principals
        made = await principals.post(ServicePrincipal(app_id=app.app_id))
        ada = await client.users.post(a_user("ada"))
        named = asking(principals, filter="displayName eq 'Payroll'")
        assert ids((await principals.get(named)).value) == [made.id]

        one = principals.by_service_principal_id(made.id)
        await one.owners.ref.post(link(ada.id))
        again = "One or more added object references already exist for the following modified"
        await refused(one.owners.ref.post(link(ada.id)), 400, "Request_BadRequest", again)
        assert ids((await one.owners.get()).value) == [ada.id]
        owned = await client.users.by_user_id(ada.id).owned_objects.get()
        assert ids(owned.value) == [made.id]
        await one.owners.by_directory_object_id(ada.id).ref.delete()
        assert (await one.owners.get()).value == []

        old = await one.add_password.post(PasswordOfPrincipal())
        new = await one.add_password.post(PasswordOfPrincipal())
        await one.remove_password.post(NoPasswordOfPrincipal(key_id=old.key_id))
        kept = (await one.get()).password_credentials
        assert [(each.key_id, each.secret_text) for each in kept] == [(new.key_id, None)]
        return app.app_id, old.secret_text, new.secret_text

    async def use(client):
        assert len((await client.applications.get()).value) == 1

    app, old, new = run(work)
    run(use, app, new)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        run(use, app, old)


def test_a_password_is_reset(run):
    async def reset(client):
        await client.users.post(a_user("ada"))
        profile = PasswordProfile(
            password=f"{PASSWORD}-2", force_change_password_next_sign_in=False
        )
        one = client.users.by_user_id("ada@contoso.com")
        assert await one.patch(User(password_profile=profile)) is None

    run(reset)
    for password, status in ((PASSWORD, 400), (f"{PASSWORD}-2", 200)):
        form = {"grant_type": "password", "client_id": "public", "scope": "User.Read"}
        form |= {"username": "ada@contoso.com", "password": password}
        at = f"{run.url}/default/oauth2/v2.0/token"
        assert httpx.post(at, data=form, verify=run.trust).status_code == status


def test_a_service_principal_is_granted_what_its_app_then_may_do(run):
    made = {}

    async def grant(client):
        principals = client.service_principals
        app = await client.applications.post(Application(display_name="Payroll"))
        nobody = principals.post(ServicePrincipal(app_id=str(uuid4())))
        await refused(nobody, 400, "Request_BadRequest", "The appId '")
        principal = await principals.post(ServicePrincipal(app_id=app.app_id))
        assert (principal.display_name, principal.account_enabled) == ("Payroll", True)
        again = principals.post(ServicePrincipal(app_id=app.app_id))
        code = "Request_MultipleObjectsWithSameKeyValue"
        await refused(again, 409, code, "The service principal cannot be created, updated, or")

        page = await principals.get(asking(principals, filter=f"appId eq '{GRAPH_APP}'"))
        (graph,) = page.value
        assert (await client.service_principals_with_app_id(GRAPH_APP).get()).id == graph.id
        role = next(each for each in graph.app_roles if each.value == "Group.Read.All")
        one = principals.by_service_principal_id(principal.id)
        wanted = AppRoleAssignment(
            principal_id=principal.id, resource_id=graph.id, app_role_id=role.id
        )
        given = await one.app_role_assignments.post(wanted)
        assert (given.resource_display_name, given.principal_type) == (
            *("Microsoft Graph", "ServicePrincipal"),
        )
        message = "Permission being assigned already exists on the object"
        await refused(one.app_role_assignments.post(wanted), 400, "Request_BadRequest", message)
        to = principals.by_service_principal_id(graph.id).app_role_assigned_to
        assert ids((await to.get()).value) == [given.id]
        secret = await client.applications.by_application_id(app.id).add_password.post(
            AddPasswordPostRequestBody()
        )
        made.update(app=app.app_id, secret=secret.secret_text, id=principal.id)

    async def use(client):
        assert (await client.groups.get()).value == []

    async def disable(client):
        one = client.service_principals.by_service_principal_id(made["id"])
        await one.patch(ServicePrincipal(notes="checked", tags=["a"]))
        assert (await one.get()).notes == "checked"
        listed = await one.app_role_assignments.get()
        assignment = one.app_role_assignments.by_app_role_assignment_id(listed.value[0].id)
        await assignment.delete()
        assert (await one.app_role_assignments.get()).value == []
        await one.delete()
        await refused(one.get(), 404, "Request_ResourceNotFound", f"Resource '{made['id']}'")

    run(grant)
    run(use, made["app"], made["secret"])
    run(disable)


def test_pages_are_followed(run):
    async def work(client):
        made = {(await client.users.post(a_user(f"u{number}"))).id for number in range(7)}
        users = client.users
        first = await users.get(asking(users, EVENTUAL, top=3, count=True))
        assert (len(first.value), first.odata_count) == (3, 7)
        assert set(ids(await all_of(client, first))) == made
        page = "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."
        await refused(users.get(asking(users, top=1000)), 400, "Request_UnsupportedQuery", page)

    run(work)


def test_changes_are_told(run):
    async def work(client):
        ada = await client.users.post(a_user("ada"))
        group = await client.groups.post(a_group("staff"))
        users, groups = client.users.delta, client.groups.delta
        first = await users.get(asking(users, select=["displayName"]))
        of_groups = await groups.get()
        assert ids(first.value) == [ada.id]
        assert ids(of_groups.value) == [group.id]
        bob = await client.users.post(a_user("bob"))
        await client.users.by_user_id(ada.id).delete()
        await client.groups.by_group_id(group.id).members.ref.post(link(bob.id))

        later = await users.with_url(first.odata_delta_link).get()
        told = {each.id: each.additional_data.get("@removed") for each in later.value}
        assert told == {bob.id: None, ada.id: {"reason": "changed"}}
        later = await groups.with_url(of_groups.odata_delta_link).get()
        (change,) = later.value
        (member,) = change.additional_data["members@delta"]
        assert str(member["id"]) == bob.id
        last = await users.with_url(first.odata_delta_link).get()
        quiet = await users.with_url(last.odata_delta_link).get()
        assert quiet.value == []

    run(work)


def test_changes_of_applications_and_their_principals_are_told(run):
    async def work(client):
        apps, principals = client.applications, client.service_principals
        app = await apps.post(Application(display_name="Payroll"))
        made = await principals.post(ServicePrincipal(app_id=app.app_id))
        first = await apps.delta.get()
        of_principals = await principals.delta.get()
        assert ids(first.value) == [app.id]
        assert made.id in ids(of_principals.value)
        await principals.by_service_principal_id(made.id).patch(ServicePrincipal(notes="x"))
        await apps.by_application_id(app.id).patch(Application(display_name="Payroll 2"))
        (told,) = (await apps.delta.with_url(first.odata_delta_link).get()).value
        assert (told.id, told.display_name) == (app.id, "Payroll 2")
        later = await principals.delta.with_url(of_principals.odata_delta_link).get()
        assert ids(later.value) == [made.id]
        page = await apps.get(asking(apps, top=1))
        await apps.post(Application(display_name="Other"))
        pages = await all_of(client, await apps.get(asking(apps, top=1)))
        assert (len(page.value), len(pages)) == (1, 2)

    run(work)


def test_a_batch_makes_reads_and_is_refused_in_parts(run):
    async def work(client):
        users = client.users
        batch = batch_of(
            item("make", users.to_post_request_information(a_user("ada"))),
            read("list", users, ["make"], filter="displayName eq 'Ada'"),
            read("missing", users.by_user_id("nobody@contoso.com")),
        )
        answer = await client.batch.post(batch)
        assert answer.get_response_status_codes() == {"make": 201, "list": 200, "missing": 404}
        page = await users.get()
        assert [each.display_name for each in page.value] == ["Ada"]

    run(work)


def test_what_an_app_was_not_granted_it_may_not(run):
    async def work(client):
        assert (await client.users.get()).value == []
        denied = "Authorization_RequestDenied"
        message = "Insufficient privileges to complete the operation."
        await refused(client.users.post(a_user("ada")), 403, denied, message)
        await refused(client.groups.get(), 403, denied, message)
        await refused(client.applications.get(), 403, denied, message)
        alone = "/me request is only valid with delegated authentication flow."
        await refused(client.me.get(), 400, "BadRequest", alone)

    run(work, "reader")


def test_who_is_signed_in_reaches_their_own_data(run):
    made = {}

    async def people(client):
        for name in ("ada", "bob"):
            made[name] = (await client.users.post(a_user(name))).id

    async def mine(client):
        assert (await client.me.get()).id == made["ada"]
        assert (await client.users.by_user_id(made["ada"]).get()).display_name == "Ada"
        other = client.users.by_user_id(made["bob"]).get()
        await refused(other, 403, "Authorization_RequestDenied", "Insufficient privileges")

    run(people)
    wanted = {"user": "ada@contoso.com", "scp": "User.Read"}
    token = run.control("POST", "/tokens", wanted)["access_token"]
    provider = BaseBearerTokenAuthenticationProvider(FixedToken(token))
    asyncio.run(mine(connect(run.url, provider)))
