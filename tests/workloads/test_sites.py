"""Sites: how they are addressed, found and refused."""

from __future__ import annotations

import pytest

from fakegraph.workloads.files.ids import drive_guids
from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

HOST = "contoso.sharepoint.com"
COLLECTION, WEB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOWHERE = "44444444-4444-4444-8444-444444444444"
ID = f"{HOST},{COLLECTION},{WEB}"
URL = f"https://{HOST}/sites/hr"
SUB = f"{HOST},{COLLECTION},33333333-3333-4333-8333-333333333333"


@pytest.fixture
def sites(client):
    seed(
        client,
        {
            "sites": [{"id": ID, "displayName": "People", "name": "hr", "webUrl": URL}],
            f"sites/{ID}/sites": [{"id": SUB, "displayName": "Pay", "webUrl": f"{URL}/pay"}],
        },
    )
    return client


WAYS = [
    (f"sites/{ID}", "People"),
    (f"sites/{WEB}", "People"),
    (f"sites/{WEB.upper()}", "People"),
    (f"sites/{COLLECTION}", "People"),
    (f"sites/{HOST}:/sites/hr", "People"),
    (f"sites/{HOST}:/sites/hr:", "People"),
    (f"sites/{HOST}%3A%2Fsites%2FHR", "People"),
    ("sites/root/getByPath(path='/sites/hr')", "People"),
    (f"sites/{HOST}/getByPath(path='sites/HR/pay')", "Pay"),
    ("sites/root", "Communication site"),
    (f"sites/{HOST}", "Communication site"),
]


def test_a_site_is_found_in_each_way(sites):
    for path, name in WAYS:
        assert sites.get(f"/v1.0/{path}").json["displayName"] == name, path


@pytest.mark.parametrize(
    "way", [f"sites/{HOST}:/sites/hr:", "sites/root/getByPath(path='/sites/hr')", f"sites/{WEB}"]
)
def test_what_a_site_has_is_behind_each_way(sites, way):
    assert [each["displayName"] for each in listed(sites, f"{way}/lists")] == ["Documents"]
    assert sites.get(f"/v1.0/{way}/drive").json["webUrl"] == f"{URL}/Shared%20Documents"
    assert [each["id"] for each in listed(sites, f"{way}/sites")] == [SUB]


def test_ids_of_a_site_are_in_its_id_and_its_drives(sites):
    site = sites.get(f"/v1.0/sites/{ID}?$select=sharepointIds").json
    item = sites.get(f"/v1.0/sites/{ID}/drive/root?$select=sharepointIds").json["sharepointIds"]
    (library,) = listed(sites, f"sites/{ID}/lists")

    assert site["sharepointIds"] == {"siteId": COLLECTION, "webId": WEB, "siteUrl": URL}
    assert (item["siteId"], item["webId"]) == (COLLECTION, WEB)
    assert item["listId"] == library["id"]


SEARCHES = [
    ("*", ["Communication site", "People", "Pay"]),
    ("peo", ["People"]),
    ("HR", ["People", "Pay"]),  # the second by where it is
    ("pay people", []),
    ("sites/hr", ["People", "Pay"]),
]


def test_sites_are_searched_for(sites):
    for search, names in SEARCHES:
        found = listed(sites, f"sites?search={search}")
        assert sorted(each["displayName"] for each in found) == sorted(names), search


def test_all_sites_are_listed_and_root_sites_alone(sites):
    assert len(listed(sites, "sites/getAllSites()")) == 3
    roots = listed(sites, "sites?$filter=siteCollection/root ne null&$select=siteCollection,webUrl")
    there = {"hostname": HOST, "root": {}}
    assert roots == [{"siteCollection": there, "webUrl": f"https://{HOST}"}]


def test_only_the_time_of_making_sorts_sites(sites):
    assert len(listed(sites, "sites?search=*&$orderby=createdDateTime desc")) == 3
    answer = sites.get("/v1.0/sites?search=*&$orderby=displayName")
    assert_error(answer, 400, "notSupported", "Operation not supported")


MISSING = [
    (
        f"sites/{HOST}:/sites/x",
        404,
        "itemNotFound",
        "The provided path does not exist, or does not represent a site",
    ),
    (
        "sites/root/getByPath(path='/sites/x')",
        404,
        "itemNotFound",
        "The provided path does not exist, or does not represent a site",
    ),
    (f"sites/{NOWHERE}", 404, "itemNotFound", "Requested site could not be found"),
    (
        f"sites/{HOST},{WEB},{COLLECTION}",
        404,
        "itemNotFound",
        "Requested site could not be found",
    ),
    (
        f"sites/{HOST},hr,x",
        400,
        "invalidRequest",
        "Provided identifier is malformed - site collection id is not valid",
    ),
    ("sites/hr", 400, "invalidRequest", "Invalid hostname for this tenancy"),
    ("sites/fabrikam.com", 400, "invalidRequest", "Invalid hostname for this tenancy"),
    (
        "sites/fabrikam.com:/sites/hr",
        400,
        "invalidRequest",
        "Invalid hostname for this tenancy",
    ),
    (f"sites/{ID}/lists/x", 404, "itemNotFound", "The specified list was not found"),
    (f"sites/{ID}/permissions/x", 404, "itemNotFound", "Item not found"),
]


def test_each_that_is_missing_has_its_own_sentence(sites):
    for path, status, code, message in MISSING:
        answer = sites.get(f"/v1.0/{path}")

        assert_error(answer, status, code)
        assert answer.json["error"]["message"] == message, path


def test_a_site_where_the_root_would_be_is_listed_in_its_stead(client):
    seed(client, {"sites": [{"id": "mine", "webUrl": "https://contoso.sharepoint.com"}]})

    assert [each["id"] for each in listed(client, "sites")] == ["mine"]


def test_an_application_is_given_a_site(sites):
    app = {"application": {"id": "89ea5c94-7736-4e25-95ad-3fa95f62b66e", "displayName": "Time"}}
    made = make(
        sites, f"sites/{ID}/permissions", {"roles": ["write"], "grantedToIdentities": [app]}
    )

    path = f"/v1.0/sites/{ID}/permissions/{made['id']}"
    assert sites.get(path).json["roles"] == ["write"]
    assert sites.patch(path, json={"roles": ["read"]}).json["roles"] == ["read"]
    assert sites.delete(path).status_code == 204
    assert listed(sites, f"sites/{ID}/permissions") == []


def test_the_site_of_a_group_has_the_groups_drive_and_its_lists(client):
    seed(client, {"groups": [{"id": "g1", "displayName": "Sales"}]})
    answer = client.put("/v1.0/groups/g1/drive/root:/a.txt:/content", data=b"abc")
    assert answer.status_code == 201
    drive = client.get("/v1.0/groups/g1/drive").json
    site = "groups/g1/sites/root"
    assert client.get(f"/v1.0/{site}/drive").json["id"] == drive["id"]
    assert [each["name"] for each in listed(client, f"{site}/drive/root/children")] == ["a.txt"]
    assert client.put(f"/v1.0/{site}/drive/root:/b.txt:/content", data=b"b").status_code == 201
    names = [each["name"] for each in listed(client, "groups/g1/drive/root/children")]
    assert names == ["a.txt", "b.txt"]
    (library,) = listed(client, f"{site}/lists")
    assert client.get("/v1.0/groups/g1/drive/list").json["id"] == library["id"]
    assert len(listed(client, f"{site}/lists/{library['id']}/items")) == 2
    made = make(client, f"{site}/lists", {"displayName": "Visits"})
    found = client.get(f"/v1.0/{site}?$expand=drives,lists").json
    assert [each["id"] for each in found["drives"]] == [drive["id"]]
    assert [each["id"] for each in found["lists"]] == [library["id"], made["id"]]
    assert [each["id"] for each in listed(client, "sites/root/drives")] != [drive["id"]]


def test_the_site_of_a_group_is_called_as_the_group_and_found_by_all_ways(client):
    about = {"displayName": "Sales", "mailNickname": "sales", "groupTypes": ["Unified"]}
    seed(client, {"groups": [{"id": "g1", **about}, {"id": "g2", **about}]})
    site = client.get("/v1.0/groups/g1/sites/root").json
    assert (site["displayName"], site["webUrl"]) == ("Sales", f"https://{HOST}/sites/sales")
    host, collection, web = site["id"].split(",")
    drive = client.get("/v1.0/groups/g1/drive").json
    assert drive["webUrl"] == f"{site['webUrl']}/Shared%20Documents"
    assert [str(each) for each in drive_guids(drive["id"])[:2]] == [collection, web]
    for way in (site["id"], web, f"{host}:/sites/sales", "root/getByPath(path='/sites/sales')"):
        assert client.get(f"/v1.0/sites/{way}").json["id"] == site["id"]
    (library,) = listed(client, f"sites/{site['id']}/lists")
    assert library["parentReference"] == {"siteId": site["id"]}
    types = f"sites/{site['id']}/contentTypes"
    kind = make(
        client, types, {"name": "Doc", "base": {"name": "Document Set", "id": "0x0120D520"}}
    )
    fit = f"sites/{site['id']}/getApplicableContentTypesForList(listId='{library['id']}')"
    assert [each["id"] for each in listed(client, fit)] == [kind["id"]]
    lists = f"/v1.0/sites/{site['id']}/lists/{library['id']}"
    url = f"https://graph.microsoft.com/v1.0/{types}/{kind['id']}"
    added = client.post(f"{lists}/contentTypes/addCopy", json={"contentType": url})
    assert added.json["name"] == "Doc"
    assert listed(client, fit) == []
    followed = client.post("/v1.0/me/followedSites/add", json={"value": [{"id": site["id"]}]})
    assert followed.status_code == 200
    assert [each["id"] for each in listed(client, "me/followedSites")] == [site["id"]]
    assert client.get("/v1.0/groups/g2/sites/root").json["id"] != site["id"]


@pytest.mark.parametrize("roles", [["zork"], ["read", "zork"], [""]])
def test_no_role_is_invented(sites, roles):
    given = {"grantedToIdentities": [{"application": {"id": "a", "displayName": "A"}}]}

    refused = sites.post(f"/v1.0/sites/{ID}/permissions", json={**given, "roles": roles})

    assert_error(refused, 400, "invalidRequest", "is no role")
    assert listed(sites, f"sites/{ID}/permissions") == []
