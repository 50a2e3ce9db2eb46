"""What sharing URLs lead to, and who may follow them."""

from __future__ import annotations

import base64

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import content, put
from tests.workloads.test_files_sharing import ROOT, invite, link

GONE = "The sharing link no longer exists, or you do not have permission to access it."


def share_id(url: str) -> str:
    return f"u!{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


@pytest.fixture
def item(client):
    return put(client, "me/drive/root:/A/b c.txt:/content")


def test_a_link_and_the_url_of_an_item_lead_to_it(client, item):
    made = link(client, "/A/b%20c.txt", type="view").json

    for id_ in (
        made["shareId"],
        share_id(f"{made['link']['webUrl']}?e=4x5y"),
        share_id(item["webUrl"]),
    ):
        shared = client.get(f"/v1.0/shares/{id_}")
        assert shared.status_code == 200, shared.text
        assert (shared.json["id"], shared.json["name"]) == (id_, "b c.txt")
        assert shared.json["owner"]["user"]["id"]
        for member in ("driveItem", "root", f"items/{item['id']}"):
            found = client.get(f"/v1.0/shares/{id_}/{member}")
            assert (found.status_code, found.json["id"]) == (200, item["id"])
        assert content(client, f"shares/{id_}/driveItem/content") == b"hello"
    whole = client.get(f"/v1.0/shares/{made['shareId']}?$expand=driveItem").json
    assert whole["driveItem"]["id"] == item["id"]
    assert client.get(f"/v1.0/shares/{made['shareId']}/permission").json["id"] == made["id"]
    no_link = client.get(f"/v1.0/shares/{share_id(item['webUrl'])}/permission")
    assert_error(no_link, 404, "itemNotFound")


def test_the_url_of_a_list_and_of_an_item_of_it_leads_there(client):
    made = make(client, "sites/root/lists", {"displayName": "To do"})
    one = make(client, "sites/root/lists/To do/items", {"fields": {"Title": "A"}})
    url = made["webUrl"]

    for there in (url, f"{url}/AllItems.aspx?viewid=x"):
        shared = client.get(f"/v1.0/shares/{share_id(there)}").json
        assert shared["name"] == "To do"
        assert client.get(f"/v1.0/shares/{share_id(there)}/list").json["id"] == made["id"]
        assert client.get(f"/v1.0/shares/{share_id(there)}/listItem").status_code == 404
    for there in (one["webUrl"], f"{url}/DispForm.aspx?ID=1&e=x"):
        shared = f"/v1.0/shares/{share_id(there)}"
        assert client.get(shared).json["name"] == "1_.000"
        found = client.get(f"{shared}/listItem?$expand=fields($select=Title)").json
        assert (found["id"], found["fields"]) == ("1", {"Title": "A"})
        assert client.get(f"{shared}/list").json["id"] == made["id"]
        assert client.get(f"{shared}/site").json["webUrl"] == "https://contoso.sharepoint.com"
        assert client.get(f"{shared}/driveItem").status_code == 404
    for wrong in (f"{url}/2_.000", f"{url}/DispForm.aspx?ID=2", f"{url}/DispForm.aspx"):
        assert_error(client.get(f"/v1.0/shares/{share_id(wrong)}"), 403, "accessDenied", GONE)


def test_a_shared_folder_is_gone_through_and_written_to(client, item):
    shared = f"shares/{link(client, '/A', type='edit').json['shareId']}"
    other = put(client, "me/drive/root:/B/other.txt:/content")

    assert [each["id"] for each in listed(client, f"{shared}/driveItem/children")] == [item["id"]]
    below = client.get(f"/v1.0/{shared}/driveItem:/b%20c.txt")
    assert below.json["id"] == item["id"]
    whole = client.get(f"/v1.0/{shared}/root?$expand=children").json
    assert [each["id"] for each in whole["children"]] == [item["id"]]
    made = client.put(f"/v1.0/{shared}/driveItem:/new.txt:/content", data=b"x")
    assert made.status_code == 201, made.text
    assert client.get(f"{ROOT}/A/new.txt").json["id"] == made.json["id"]
    assert client.get(f"/v1.0/{shared}/items/{made.json['id']}").status_code == 200
    whole = client.get(f"/v1.0/{shared}/items")
    assert_error(whole, 400, "invalidRequest", "'items' cannot be listed")
    assert_error(client.get(f"/v1.0/{shared}?$expand=items"), 400, "invalidRequest")
    outside = client.get(f"/v1.0/{shared}/items/{other['id']}")
    assert_error(outside, 404, "itemNotFound", "The resource could not be found.")


def test_the_url_of_a_document_of_office_leads_to_it(client):
    seed(client, {"sites": [{"id": "s", "webUrl": "https://contoso.sharepoint.com/sites/s"}]})
    for path in ("me/drive", "sites/s/drive"):
        item = put(client, f"{path}/root:/A/plan.docx:/content")

        assert "/_layouts/15/Doc.aspx?sourcedoc=%7B" in item["webUrl"]
        found = client.get(f"/v1.0/shares/{share_id(item['webUrl'])}/driveItem")
        assert found.json["id"] == item["id"]


@pytest.mark.parametrize(
    ("id_", "status", "code", "message"),
    [
        ("u!%%%", 400, "invalidRequest", "is no sharing URL"),
        ("u!eA", 400, "invalidRequest", "is no sharing URL"),
        ("u!", 400, "invalidRequest", "is no sharing URL"),
        ("u!aHR0cHM6Ly94", 403, "accessDenied", GONE),
        ("nothing", 403, "accessDenied", GONE),
    ],
)
def test_what_leads_nowhere(client, id_, status, code, message):
    for member in ("", "/driveItem", "/driveItem/children", "/permission"):
        answer = client.get(f"/v1.0/shares/{id_.replace('%', '%25')}{member}")
        assert_error(answer, status, code, message)


def test_what_was_deleted_is_not_shared_any_more(client, item):
    made = link(client, "/A/b%20c.txt", type="view").json
    above = link(client, "/A", type="view").json
    path = f"/v1.0/shares/{made['shareId']}/driveItem"

    permission = f"{ROOT}/A/b%20c.txt:/permissions/{made['id']}"
    assert client.delete(permission).status_code == 204
    assert_error(client.get(path), 403, "accessDenied", GONE)
    client.delete(f"{ROOT}/A")
    assert_error(client.get(f"/v1.0/shares/{above['shareId']}"), 403, "accessDenied", GONE)
    assert_error(client.get(f"/v1.0/shares/{share_id(item['webUrl'])}"), 403, "accessDenied", GONE)


def test_a_link_ends_by_the_tenants_clock(client, item):
    until = client.get("/_fakegraph/clock").json["now"][:10]
    past = link(client, type="view", path="/A", expirationDateTime="2001-01-01T00:00:00Z")
    assert_error(past, 400, "invalidRequest", "in the future")
    later = f"{int(until[:4]) + 1}-01-01T00:00:00Z"
    made = link(client, "/A", type="view", scope="anonymous", expirationDateTime=later).json
    body = {"recipients": [{"email": "a@b.com"}], "roles": ["read"], "expirationDateTime": later}
    assert invite(client, "/A", **body).status_code == 200
    path = f"/v1.0/shares/{made['shareId']}/driveItem"
    assert client.get(path).status_code == 200
    assert len(listed(client, "me/drive/root:/A:/permissions")) == 3

    client.put("/_fakegraph/clock", json={"advance": "P367D"})

    assert_error(client.get(path), 403, "accessDenied", GONE)
    for where in ("/A", "/A/b%20c.txt"):
        (owner,) = listed(client, f"me/drive/root:{where}:/permissions")
        assert owner["roles"] == ["owner"]
    again = link(client, "/A", type="view", scope="anonymous")
    assert (again.status_code, again.json["id"] != made["id"]) == (201, True)


def test_a_tenant_has_anonymous_links_unless_it_is_said_otherwise(client, item):
    message = "The feature has been disabled. Please contact your admin to get it enabled."
    guest = {"recipients": [{"email": "a@fabrikam.com"}], "roles": ["read"]}
    for capability, links, guests in (
        ("externalUserAndGuestSharing", 201, 200),
        ("externalUserSharingOnly", 403, 200),
        ("disabled", 403, 403),
    ):
        body = {"sharingCapability": capability}
        assert client.patch("/v1.0/admin/sharepoint/settings", json=body).status_code == 200
        put(client, f"me/drive/root:/{capability}.txt:/content")
        made = link(client, f"/{capability}.txt", type="view", scope="anonymous")
        asked = invite(client, f"/{capability}.txt", **guest)
        assert (made.status_code, asked.status_code) == (links, guests), capability
        for refused in (each for each in (made, asked) if each.status_code == 403):
            assert_error(refused, 403, "notAllowed")
            assert refused.json["error"]["message"] == message
        assert link(client, f"/{capability}.txt", type="view").status_code == 201


def test_people_are_added_to_a_link(client, item):
    users = [{"email": "a@fabrikam.com"}]
    made = link(client, "/A", type="edit", scope="users", recipients=users).json
    path = f"/v1.0/shares/{made['shareId']}/permission/grant"
    more = {"recipients": [*users, {"email": "b@fabrikam.com"}], "roles": ["write"]}

    answer = client.post(path, json=more)

    assert answer.status_code == 200, answer.text
    (found,) = answer.json["value"]
    assert (found["id"], found["link"]["scope"]) == (made["id"], "users")
    assert [each["user"]["email"] for each in found["grantedToIdentitiesV2"]] == [
        "a@fabrikam.com",
        "b@fabrikam.com",
    ]
    anybody = link(client, "/A", type="view", scope="anonymous").json["shareId"]
    for id_, body, target in (
        (made["shareId"], {**more, "roles": ["read"]}, "roles"),
        (made["shareId"], {**more, "recipients": []}, "recipients"),
        (anybody, {**more, "roles": ["read"]}, "link"),
    ):
        refused = client.post(f"/v1.0/shares/{id_}/permission/grant", json=body)
        assert assert_error(refused, 400, "invalidRequest")["target"] == target


def test_an_item_may_inherit_nothing(client, item):
    guests = {"recipients": [{"email": "a@fabrikam.com"}], "roles": ["read"]}
    invite(client, "/A", **guests)
    path = "/A/b%20c.txt"
    other = {"recipients": [{"email": "b@fabrikam.com"}], "roles": ["read"]}

    assert invite(client, path, retainInheritedPermissions=False, **other).status_code == 200

    mine, owner = listed(client, f"me/drive/root:{path}:/permissions")
    assert (mine["invitation"]["email"], owner["roles"]) == ("b@fabrikam.com", ["owner"])


ADA, BOB, EVE = (f"{name}@contoso.com" for name in ("ada", "bob", "eve"))
STRANGER = "The caller does not have permission to perform the action."


class Tenant:
    """Three users, with tokens of theirs; what is Ada's is asked for."""

    def __init__(self, client):
        self.client = client
        seed(
            client,
            {"users": [{"id": who[:3], "userPrincipalName": who} for who in (ADA, BOB, EVE)]},
        )
        self.item = self.ask(ADA, "PUT", "me/drive/root:/A/b.txt:/content", data=b"hello").json
        self.drive = self.item["parentReference"]["driveId"]
        self.path = f"drives/{self.drive}/items/{self.item['id']}"
        self.above = f"drives/{self.drive}/root:/A:"

    def ask(self, who, method, path, scp="Files.ReadWrite.All", prefer="", **more):
        token = {"user": who, "scp": scp} if who else {"roles": [scp]}
        made = self.client.post("/_fakegraph/tokens", json=token).json["access_token"]
        headers = {"Authorization": f"Bearer {made}", **({"Prefer": prefer} if prefer else {})}
        return self.client.open(f"/v1.0/{path}", method=method, headers=headers, **more)

    def invite(self, path, who, *roles):
        body = {"recipients": [{"email": who}], "roles": roles}
        answer = self.ask(ADA, "POST", f"{path}/invite", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json["value"][0]

    def link(self, **body):
        return self.ask(ADA, "POST", f"{self.path}/createLink", json=body).json

    def statuses(self, who, path=None, **more):
        """Of reading an item, its bytes and what is granted on it, and of changing it."""
        path = path or self.path
        asked = (
            ("GET", "", {}),
            ("GET", "/content", {}),
            ("GET", "/permissions", {}),
            ("PATCH", "", {"json": {"description": "x"}}),
            ("PUT", "/content", {"data": b"new"}),
            ("POST", "/createLink", {"json": {"type": "view"}}),
        )
        answers = [self.ask(who, m, f"{path}{end}", **b, **more) for m, end, b in asked]
        return [answer.status_code for answer in answers]


@pytest.fixture
def tenant(make_client):
    return Tenant(make_client(auth="strict"))


NOTHING, READS = [403] * 6, [200, 302, 200, 403, 403, 403]


def test_what_is_granted_reaches_who_it_is_granted_to(tenant):
    refused = tenant.ask(BOB, "GET", tenant.path)
    assert_error(refused, 403, "accessDenied")
    assert refused.json["error"]["message"] == STRANGER
    assert tenant.statuses(BOB) == NOTHING
    tenant.invite(tenant.above, BOB, "read")

    assert tenant.statuses(BOB) == READS
    assert tenant.statuses(EVE) == NOTHING
    assert tenant.ask(BOB, "GET", f"{tenant.above}/children").status_code == 200
    assert tenant.ask(BOB, "GET", f"{tenant.above.rstrip(':')}/b.txt").status_code == 200
    for path in ("", "/root", "/root/children", "/root:/nope", "/items/nope"):
        assert tenant.ask(BOB, "GET", f"drives/{tenant.drive}{path}").status_code == 403, path
    new = f"{tenant.above.rstrip(':')}/new.txt:/content"
    assert tenant.ask(BOB, "PUT", new, data=b"x").status_code == 403

    tenant.invite(tenant.above, BOB, "write")

    assert tenant.statuses(BOB) == [200, 302, 200, 200, 200, 201]
    assert tenant.ask(BOB, "PUT", new, data=b"x").status_code == 201
    session = f"{tenant.above.rstrip(':')}/big.txt:/createUploadSession"
    assert tenant.ask(BOB, "POST", session, json={}).status_code == 200
    assert tenant.ask(EVE, "POST", session, json={}).status_code == 403


def test_a_permission_for_ones_own_files_does_not_do(tenant):
    tenant.invite(tenant.path, BOB, "write")

    assert tenant.statuses(BOB, scp="Files.ReadWrite") == NOTHING
    assert tenant.statuses(ADA, scp="Files.ReadWrite")[:2] == [200, 302]
    assert tenant.statuses("", scp="Files.ReadWrite.All")[:2] == [200, 302]  # an app by itself


def test_others_see_what_is_granted_to_them(tenant):
    tenant.link(type="view", scope="organization")
    mine = tenant.invite(tenant.above, BOB, "read")
    tenant.invite(tenant.path, EVE, "read")

    seen = tenant.ask(BOB, "GET", f"{tenant.path}/permissions").json["value"]

    assert [each["id"] for each in seen] == [mine["id"]]
    assert len(tenant.ask(ADA, "GET", f"{tenant.path}/permissions").json["value"]) == 4


@pytest.mark.parametrize(
    ("scope", "more", "prefer", "first", "then"),
    [
        ("anonymous", {}, "", 200, 403),
        ("anonymous", {"password": "x"}, "redeemSharingLink", 403, 403),
        ("organization", {}, "", 403, 403),
        ("organization", {}, "redeemSharingLinkIfNecessary", 200, 403),
        ("organization", {}, "redeemSharingLink", 200, 200),
        ("users", {}, "redeemSharingLink", 403, 403),
        ("users", {"recipients": [{"email": BOB}]}, "", 200, 200),
    ],
)
def test_a_link_is_redeemed(tenant, scope, more, prefer, first, then):
    made = tenant.link(type="view", scope=scope, **more)
    path = f"shares/{made['shareId']}/driveItem"

    answer = tenant.ask(BOB, "GET", path, prefer=prefer)

    assert answer.status_code == first, answer.text
    if first == 200:
        assert answer.headers.get("Preference-Applied", "") == prefer
    else:
        assert answer.json["error"]["message"] == GONE
    assert tenant.ask(BOB, "GET", tenant.path).status_code == then
    assert tenant.ask(ADA, "GET", path).status_code == 200
    assert tenant.ask(EVE, "GET", tenant.path).status_code == 403


def test_a_link_gives_no_more_than_it_says(tenant):
    view, edit = (tenant.link(type=each, scope="anonymous") for each in ("view", "edit"))
    body = {"data": b"new"}

    for made, status in ((view, 403), (edit, 200)):
        path = f"shares/{made['shareId']}/driveItem/content"
        assert tenant.ask(BOB, "PUT", path, **body).status_code == status
    plain = f"shares/{share_id(tenant.item['webUrl'])}"
    for path in (plain, f"{plain}/driveItem", f"{plain}/driveItem/children"):
        refused = tenant.ask(BOB, "GET", path, prefer="redeemSharingLink")
        assert_error(refused, 403, "accessDenied", GONE)
    tenant.invite(tenant.path, BOB, "read")
    assert tenant.ask(BOB, "GET", f"{plain}/driveItem").json["id"] == tenant.item["id"]


def test_what_is_shared_is_copied_to_where_one_may_write(tenant):
    tenant.invite(tenant.path, BOB, "read")
    mine = tenant.ask(BOB, "GET", "me/drive").json["id"]
    root = tenant.ask(BOB, "GET", "me/drive/root").json["id"]
    into = {"parentReference": {"driveId": mine, "id": root}}

    assert tenant.ask(BOB, "POST", f"{tenant.path}/copy", json=into).status_code == 202
    own = tenant.ask(BOB, "GET", "me/drive/root:/b.txt")
    assert own.status_code == 200
    assert "shared" not in own.json
    above = tenant.item["parentReference"]["id"]
    into = {"parentReference": {"driveId": tenant.drive, "id": above}, "name": "c.txt"}
    path = f"me/drive/items/{own.json['id']}/copy"
    assert_error(tenant.ask(BOB, "POST", path, json=into), 403, "accessDenied", STRANGER)
    tenant.invite(tenant.above, BOB, "write")
    assert tenant.ask(BOB, "POST", path, json=into).status_code == 202


def test_what_is_shared_is_moved_only_to_where_one_may_write(tenant):
    tenant.invite(tenant.path, BOB, "write")
    folder = tenant.ask(ADA, "PUT", "me/drive/root:/B/c.txt:/content", data=b"x").json
    move = {"parentReference": {"id": folder["parentReference"]["id"]}}

    refused = tenant.ask(BOB, "PATCH", tenant.path, json=move)

    assert_error(refused, 403, "accessDenied", STRANGER)
    assert tenant.ask(ADA, "GET", "me/drive/root:/A/b.txt").status_code == 200
    tenant.invite(f"drives/{tenant.drive}/root:/B:", BOB, "write")
    assert tenant.ask(BOB, "PATCH", tenant.path, json=move).status_code == 200
    back = {"parentReference": {"id": tenant.item["parentReference"]["id"]}}
    assert tenant.ask(ADA, "PATCH", tenant.path, json=back).status_code == 200
