"""Who has a drive, and what else is at its addresses: sites of one's own, followed ones, lists."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import put
from tests.workloads.test_files_shares import share_id

PEOPLE = [
    {"id": "ada", "userPrincipalName": "ada@contoso.com"},
    {"id": "eve", "userPrincipalName": "eve@contoso.com", "@personalSite": False},
    {"id": "guest", "userPrincipalName": "guest@contoso.com", "userType": "Guest"},
    {
        "id": "known",
        "userPrincipalName": "known@contoso.com",
        "userType": "Guest",
        "@personalSite": True,
    },
]
SITE = {
    "id": "contoso.sharepoint.com,11111111-1111-4111-8111-111111111111,"
    "22222222-2222-4222-8222-222222222222",
    "displayName": "People",
    "webUrl": "https://contoso.sharepoint.com/sites/hr",
}


@pytest.mark.parametrize(
    ("user", "status"), [("ada", 200), ("eve", 404), ("guest", 404), ("known", 200)]
)
def test_who_has_no_personal_site_has_no_drive(client, user, status):
    seed(client, {"users": PEOPLE})

    for path in ("drive", "drives", "drive/root", "drive/root/children", "followedSites"):
        answer = client.get(f"/v1.0/users/{user}/{path}")
        if status == 200:
            assert answer.status_code == 200, path
        else:
            assert_error(answer, 404, "ResourceNotFound", "User's mysite not found.")
    written = client.put(f"/v1.0/users/{user}/drive/root:/a.txt:/content", data=b"x")
    assert written.status_code == (201 if status == 200 else 404)


def test_a_user_who_is_not_there_is_missed_before_the_drive_is(client):
    refused = client.get("/v1.0/users/nobody/drive")

    assert_error(refused, 404, "Request_ResourceNotFound", "Resource 'nobody' does not exist")


def test_drives_alone_are_ones_own(client):
    seed(client, {"users": PEOPLE, "groups": [{"id": "g", "displayName": "G"}]})
    client.get("/v1.0/groups/g/drive")

    assert listed(client, "drives") == listed(client, "me/drives")
    assert len(listed(client, "drives")) == 1
    one = client.get("/v1.0/me/drive").json["id"]
    assert client.get(f"/v1.0/drives/{one}").status_code == 200


def test_an_app_by_itself_has_no_drives_of_its_own(make_client):
    client = make_client(auth="strict")
    made = client.post("/_fakegraph/tokens", json={"roles": ["Files.Read.All"]}).json

    refused = client.get(
        "/v1.0/drives", headers={"Authorization": f"Bearer {made['access_token']}"}
    )

    assert refused.status_code in (400, 403)


@pytest.mark.parametrize("path", ["me/drive/items", "drives/{id}/items"])
def test_all_items_of_a_drive_are_not_listed(client, path):
    id_ = client.get("/v1.0/me/drive").json["id"]

    refused = client.get(f"/v1.0/{path.format(id=id_)}")

    said = "The request is malformed or incorrect."
    assert_error(refused, 400, "invalidRequest", said, "root/children")
    refused = client.get("/v1.0/drives?$expand=*")
    assert_error(refused, 400, "invalidRequest", said, "root/children")


def test_sites_are_followed_and_no_more(client):
    seed(client, {"sites": [SITE]})
    wanted = {"value": [{"id": SITE["id"]}]}

    followed = client.post("/v1.0/me/followedSites/add", json=wanted)

    assert followed.status_code == 200, followed.text
    assert [each["displayName"] for each in followed.json["value"]] == ["People"]
    assert [each["id"] for each in listed(client, "me/followedSites")] == [SITE["id"]]
    again = client.post("/v1.0/me/followedSites/add", json=wanted)
    assert again.status_code == 200
    assert len(listed(client, "me/followedSites")) == 1
    assert client.post("/v1.0/me/followedSites/remove", json=wanted).status_code == 204
    assert listed(client, "me/followedSites") == []
    assert client.get(f"/v1.0/sites/{SITE['id']}").status_code == 200


def test_a_site_that_is_not_there_is_told_beside_the_others(client):
    seed(client, {"sites": [SITE]})
    lost = f"{SITE['id'][:-1]}9"
    both = {"value": [{"id": SITE["id"]}, {"id": lost}]}

    answer = client.post("/v1.0/me/followedSites/add", json=both)

    assert answer.status_code == 207, answer.text
    done, failed = answer.json["value"]
    assert (done["id"], "error" in done) == (SITE["id"], False)
    why = {"code": "itemNotFound", "message": "Requested site could not be found"}
    assert failed == {"id": lost, "error": why}
    assert len(listed(client, "me/followedSites")) == 1
    assert client.post("/v1.0/me/followedSites/remove", json=both).status_code == 204
    assert listed(client, "me/followedSites") == []


def test_what_is_no_site_is_not_left_either(client):
    answer = client.post("/v1.0/me/followedSites/remove", json={"value": [{"id": "zork"}]})

    assert answer.status_code == 207
    assert answer.json["value"][0]["error"]["code"] == "invalidRequest"


def test_whoever_follows_names_a_site(client):
    for body in ({"value": []}, {}):
        refused = client.post("/v1.0/me/followedSites/add", json=body)
        assert_error(refused, 400, "invalidRequest")


# What a link leads to besides --------------------------------------------------------------------


def test_a_share_has_its_list_and_its_site(client):
    seed(client, {"sites": [SITE]})
    item = put(client, f"sites/{SITE['id']}/drive/root:/A/b.txt:/content")
    share = f"/v1.0/shares/{share_id(item['webUrl'])}"
    (library,) = listed(client, f"sites/{SITE['id']}/lists")

    assert client.get(f"{share}/site").json["id"] == SITE["id"]
    assert client.get(f"{share}/list").json["id"] == library["id"]
    assert len(client.get(f"{share}/list/items").json["value"]) == 2
    fields = client.get(f"{share}/listItem?$expand=fields").json["fields"]
    assert fields["FileLeafRef"] == "b.txt"


def test_a_share_of_somebodys_own_drive_is_in_a_site_of_their_own(client):
    item = put(client, "me/drive/root:/b.txt:/content")
    share = f"/v1.0/shares/{share_id(item['webUrl'])}"

    site = client.get(f"{share}/site").json
    library = client.get(f"{share}/list").json

    ids = client.get("/v1.0/me/drive/root:/b.txt?$select=sharepointIds").json["sharepointIds"]
    assert site["id"] == f"contoso-my.sharepoint.com,{ids['siteId']},{ids['webId']}"
    assert item["webUrl"].startswith(f"{site['webUrl']}/Documents/")
    assert library["displayName"] == "OneDrive"
    assert library["parentReference"] == {"siteId": site["id"]}


# What is renamed as an item of a list ------------------------------------------------------------


def test_a_file_is_renamed_by_its_fields(client):
    item = put(client, "sites/root/drive/root:/A/b.txt:/content")
    put(client, "sites/root/drive/root:/A/taken.txt:/content")
    fields = "/v1.0/sites/root/drive/root:/A/{}:/listItem/fields"

    named = client.patch(fields.format("b.txt"), json={"FileLeafRef": "c.md", "Title": "T"})

    assert named.status_code == 200, named.text
    told = [named.json[name] for name in ("FileLeafRef", "DocIcon", "Title")]
    assert told == ["c.md", "md", "T"]
    now = client.get("/v1.0/sites/root/drive/root:/A/c.md").json
    assert (now["id"], now["cTag"]) == (item["id"], item["cTag"])
    assert now["eTag"] != item["eTag"]
    taken = client.patch(fields.format("c.md"), json={"FileLeafRef": "TAKEN.txt"})
    assert_error(taken, 409, "nameAlreadyExists")
    for name in ("a:b", " b", ""):
        wrong = client.patch(fields.format("c.md"), json={"FileLeafRef": name})
        assert_error(wrong, 400, "invalidRequest")
    assert client.get(fields.format("c.md")).json["FileLeafRef"] == "c.md"


def test_an_item_of_a_list_has_no_name_of_a_file(client):
    make(client, "sites/root/lists", {"displayName": "Books"})
    item = make(client, "sites/root/lists/Books/items", {"fields": {"Title": "x"}})

    path = f"/v1.0/sites/root/lists/Books/items/{item['id']}/fields"
    refused = client.patch(path, json={"FileLeafRef": "y"})

    assert_error(refused, 400, "invalidRequest", "Field 'FileLeafRef' is not recognized")


# What is asked of items --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("root?$expand=permissions", "invalidRequest"),
        ("root/children?$expand=permissions", "invalidRequest"),
        ("root?$expand=children($expand=thumbnails)", "notSupported"),
        ("root/children?$expand=children($expand=thumbnails)", "notSupported"),
        ("root?$expand=Permissions", "invalidRequest"),
        ("root?$expand=*", "invalidRequest"),
        ("root/delta?$expand=permissions", "invalidRequest"),
        ("?$expand=root($expand=permissions)", "invalidRequest"),
        ("?$expand=root($expand=children($expand=Thumbnails))", "notSupported"),
        ("root?$expand=children($orderby=size)", "invalidRequest"),
    ],
)
def test_what_libraries_do_not_expand(client, query, code):
    put(client, "me/drive/root:/A/b.txt:/content")

    assert_error(client.get(f"/v1.0/me/drive/{query}".replace("/?", "?")), 400, code)


def test_what_is_expanded_and_sorted_by_is_read_and_not_looked_for(client):
    """A text that has a name in it does not mean that, and one in other letters does."""
    put(client, "me/drive/root:/permissions:/content")
    put(client, "me/drive/root:/B:/content")
    said = "$filter=name eq 'permissions' or name eq 'children($expand=thumbnails)'"

    shown = client.get(f"/v1.0/me/drive/root?$expand=children({said})").json["children"]
    assert [each["name"] for each in shown] == ["permissions"]
    for order in ("Name desc", "@p desc&@p=name"):
        found = listed(client, f"me/drive/root/children?$orderby={order}")
        assert [each["name"] for each in found] == ["permissions", "B"], order


def test_a_nest_of_expansions_takes_no_longer_than_its_length(client):
    """Long enough that anything worse than linear would show."""
    nest = "children(" * 800 + " expand=" * 800

    assert client.get(f"/v1.0/me/drive/root?$expand={nest}").status_code == 400


def test_what_is_shared_is_asked_for_with_external_things(client):
    for text in ("true", "false"):
        assert listed(client, f"me/drive/sharedWithMe?allowexternal={text}") == []


def test_changes_tell_paths_where_they_are_selected(client):
    put(client, "me/drive/root:/A%20b/c.txt:/content")

    plain = client.get("/v1.0/me/drive/root/delta").json["value"]
    asked = "me/drive/root/delta?select=id,name,parentReference,root"
    told = listed(client, asked)
    other = listed(client, "me/drive/root/delta?$select=id,name")

    assert all("path" not in each["parentReference"] for each in plain)
    drive = plain[0]["parentReference"]["driveId"]
    paths = [each["parentReference"].get("path") for each in told]
    assert paths == [None, f"/drives/{drive}/root:", f"/drives/{drive}/root:/A%20b"]
    assert all("parentReference" not in each for each in other)


def test_what_is_gone_is_told_with_the_drive_that_it_was_in(client):
    item = put(client, "me/drive/root:/A/c.txt:/content")
    link = client.get("/v1.0/me/drive/root/delta?token=latest").json["@odata.deltaLink"]
    client.delete("/v1.0/me/drive/root:/A/c.txt")

    (gone,) = (each for each in client.get(link).json["value"] if "deleted" in each)

    place = item["parentReference"]
    told = {name: place[name] for name in ("driveId", "driveType", "id")}
    deleted = {"state": "deleted"}
    kind = {"file": {}, "size": 0}
    assert gone == {"id": item["id"], **kind, "parentReference": told, "deleted": deleted}


def test_what_is_gone_says_what_was_selected(client):
    """Also that it is gone: who does not select that sees nothing of it."""
    put(client, "me/drive/root:/A/c.txt:/content")
    queries = ("$select=id,folder,deleted", "$select=id,name,file")
    path = "/v1.0/me/drive/root/delta?token=latest"
    links = [client.get(f"{path}&{each}").json["@odata.deltaLink"] for each in queries]
    client.delete("/v1.0/me/drive/root:/A")

    told = [
        [sorted(each) for each in client.get(link).json["value"] if "name" not in each]
        for link in links
    ]

    assert sorted(told[0]) == [["deleted", "folder", "id"], ["deleted", "id"]]
    assert sorted(told[1]) == [["file", "id"], ["id"]]


# Whose it is, where tokens are checked -----------------------------------------------------------

NAMES = ("owner", "member", "other", "guest")


class Strict:
    """A private and a public group, a site, and people who are in some of them."""

    def __init__(self, client):
        self.client = client
        users = [{"id": each, "userPrincipalName": f"{each}@contoso.com"} for each in NAMES]
        users[-1]["userType"] = "Guest"
        groups = [
            {"id": "private", "displayName": "P", "visibility": "Private"},
            {"id": "public", "displayName": "Q", "visibility": "Public"},
        ]
        links = {"members": ["member"], "owners": ["owner"]}
        links = {name: [{"id": each} for each in ids] for name, ids in links.items()}
        seed(client, {"users": users, "groups": [{**each, **links} for each in groups]})
        seed(client, {"sites": [SITE]})
        self.drives = {
            group: self.ask("", "GET", f"groups/{group}/drive").json["id"]
            for group in ("private", "public")
        }
        for drive in self.drives.values():
            self.ask("", "PUT", f"drives/{drive}/root:/A/b.txt:/content", data=b"x")

    def ask(self, who, method, path, scp="Files.ReadWrite.All Sites.ReadWrite.All", **more):
        token = {"user": f"{who}@contoso.com", "scp": scp} if who else {"roles": scp.split()}
        made = self.client.post("/_fakegraph/tokens", json=token).json["access_token"]
        headers = {"Authorization": f"Bearer {made}"}
        return self.client.open(f"/v1.0/{path}", method=method, headers=headers, **more)


@pytest.fixture
def strict(make_client):
    return Strict(make_client(auth="strict"))


@pytest.mark.parametrize(
    ("who", "private", "public"),
    [
        ("owner", 200, 200),
        ("member", 200, 200),
        ("other", 403, 200),
        ("guest", 403, 403),
        ("", 200, 200),
    ],
)
def test_what_a_group_has_is_for_its_members(strict, who, private, public):
    for group, status in (("private", private), ("public", public)):
        drive = strict.drives[group]
        asked = [
            ("GET", f"groups/{group}/drive"),
            ("GET", f"groups/{group}/drive/root/children"),
            ("GET", f"groups/{group}/drive/root:/A/b.txt"),
            ("GET", f"drives/{drive}"),
            ("GET", f"drives/{drive}/root:/A:/children"),
            ("PATCH", f"drives/{drive}/root:/A/b.txt"),
        ]
        for method, path in asked:
            body = {"json": {"description": "x"}} if method == "PATCH" else {}
            answer = strict.ask(who, method, path, **body)
            assert answer.status_code == status, (method, path, answer.text)
            if status == 403:
                assert_error(answer, 403, "accessDenied")


def test_what_of_a_group_is_granted_to_a_stranger_is_there_alone(strict):
    drive = strict.drives["private"]
    item = f"drives/{drive}/root:/A"
    body = {"recipients": [{"email": "other@contoso.com"}], "roles": ["read"]}
    assert strict.ask("member", "POST", f"{item}:/invite", json=body).status_code == 200

    assert strict.ask("other", "GET", f"{item}/b.txt").status_code == 200
    assert strict.ask("other", "GET", f"{item}:/children").status_code == 200
    assert strict.ask("other", "PATCH", f"{item}/b.txt", json={"name": "c"}).status_code == 403
    assert strict.ask("other", "GET", f"drives/{drive}/root/children").status_code == 403


def test_a_link_opens_no_more_of_a_library_than_it_leads_to(strict):
    drive = strict.drives["private"]
    strict.ask("member", "PUT", f"drives/{drive}/root:/secret.txt:/content", data=b"x")
    path = f"drives/{drive}/root:/A/b.txt:/createLink"
    made = strict.ask("member", "POST", path, json={"type": "edit", "scope": "anonymous"}).json
    share = f"shares/{made['shareId']}"

    opened = ["", "/driveItem", "/listItem", "/listItem/fields", "/permission"]
    closed = ["/list", "/list/items", "/list/items/1", "/list/columns"]
    for end in opened:
        assert strict.ask("other", "GET", f"{share}{end}").status_code == 200, end
    for end in closed:
        assert strict.ask("other", "GET", f"{share}{end}").status_code == 403, end
        assert strict.ask("member", "GET", f"{share}{end}").status_code == 200, end


def test_the_library_of_a_site_is_reached_by_urls_as_by_its_path(strict):
    item = strict.ask("other", "PUT", f"sites/{SITE['id']}/drive/root:/b.txt:/content", data=b"x")
    share = f"shares/{share_id(item.json['webUrl'])}"

    for end in ("/driveItem", "/list/items", "/site"):
        assert strict.ask("other", "GET", f"{share}{end}").status_code == 200, end


# Folders of applications -------------------------------------------------------------------------

FIRST, SECOND, THIRD = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")


@pytest.fixture
def apps(make_client):
    """Three applications, two of which are called the same."""
    client = make_client(auth="strict")
    named = ((FIRST, "Notes: mine"), (SECOND, "Notes: mine"), (THIRD, "..."))
    seed(
        client,
        {
            "users": [{"id": "ada", "userPrincipalName": "ada@contoso.com"}],
            "applications": [{"appId": each, "displayName": name} for each, name in named],
        },
    )

    def ask(app, method, path, scp="Files.ReadWrite", **more):
        token = {"user": "ada@contoso.com", "scp": scp, "app": app}
        made = client.post("/_fakegraph/tokens", json=token).json["access_token"]
        headers = {"Authorization": f"Bearer {made}"}
        return client.open(f"/v1.0/{path}", method=method, headers=headers, **more)

    return ask


def test_each_application_has_a_folder_of_its_own(apps):
    for each in (FIRST, SECOND, THIRD):
        path = "me/drive/special/approot:/f.txt:/content"
        assert apps(each, "PUT", path, data=each.encode()).status_code == 201
        assert apps(each, "PUT", path, data=each.encode()).status_code == 200

    told = apps(FIRST, "GET", "me/drive/root:/Apps:/children?$select=name,specialFolder").json
    assert [each["name"] for each in told["value"]] == [
        "App",
        "Notes_ mine",
        f"Notes_ mine {SECOND}",
    ]
    assert {each["specialFolder"]["name"] for each in told["value"]} == {"approot"}
    for each in (FIRST, SECOND, THIRD):
        folder = apps(each, "GET", "me/drive/special/approot").json
        inside = apps(each, "GET", "me/drive/special/approot/children").json["value"]
        assert [one["parentReference"]["id"] for one in inside] == [folder["id"]]
        apps(each, "PATCH", f"me/drive/items/{folder['id']}", json={"name": f"Other {each}"})
        again = apps(each, "GET", "me/drive/special/approot").json
        assert (again["id"], again["name"]) == (folder["id"], f"Other {each}")


def test_a_folder_of_an_application_is_found_as_it_was_first_told(apps):
    folder = apps(FIRST, "GET", "me/drive/special/approot").json

    made = apps(
        FIRST, "POST", "me/drive/special/approot/children", json={"name": "a", "folder": {}}
    )
    assert made.json["parentReference"]["id"] == folder["id"]
    named = apps(FIRST, "GET", f"me/drive/items/{folder['id']}").json
    assert named["parentReference"]["path"].endswith("/root:/Apps")
    assert apps(FIRST, "GET", "me/drive/root:/apps/notes_%20mine/A").json["id"] == made.json["id"]


def test_a_permission_for_a_folder_of_an_application_opens_that_alone(apps):
    only = {"scp": "Files.ReadWrite.AppFolder"}
    folder = "me/drive/special/approot"

    assert apps(FIRST, "PUT", f"{folder}:/f.txt:/content", data=b"x", **only).status_code == 201
    for path in ("", "/children", ":/f.txt", ":/f.txt:/content"):
        assert apps(FIRST, "GET", f"{folder}{path}", **only).status_code in (200, 302), path
    for path in ("me/drive", "me/drive/root/children", "me/drive/special/documents"):
        assert apps(FIRST, "GET", path, **only).status_code == 403, path
    other = {"scp": "User.Read"}
    assert apps(FIRST, "GET", folder, **other).status_code == 403


def test_what_is_granted_is_there_as_an_item_of_its_list_too(strict):
    drive = strict.drives["private"]
    item = f"drives/{drive}/root:/A/b.txt:"
    body = {"recipients": [{"email": "other@contoso.com"}], "roles": ["read"]}
    assert strict.ask("other", "GET", f"{item}/listItem").status_code == 403
    assert strict.ask("member", "POST", f"{item}/invite", json=body).status_code == 200

    assert strict.ask("other", "GET", f"{item}/listItem").status_code == 200
    assert strict.ask("other", "GET", f"{item}/listItem/fields").status_code == 200
    fields = {"json": {"FileLeafRef": "c.txt"}}
    assert strict.ask("other", "PATCH", f"{item}/listItem/fields", **fields).status_code == 403
    assert strict.ask("other", "GET", f"drives/{drive}/list/items").status_code == 403


def test_a_link_for_an_organization_is_not_for_its_guests(strict):
    path = f"drives/{strict.drives['private']}/root:/A/b.txt:/createLink"
    made = strict.ask("member", "POST", path, json={"type": "view", "scope": "organization"}).json
    token = {"scp": "Files.ReadWrite.All"}
    client = strict.client

    for who, status in (("other", 200), ("guest", 403)):
        user = {"user": f"{who}@contoso.com", **token}
        held = client.post("/_fakegraph/tokens", json=user).json["access_token"]
        wished = {"Authorization": f"Bearer {held}", "Prefer": "redeemSharingLinkIfNecessary"}
        answer = client.get(f"/v1.0/shares/{made['shareId']}/driveItem", headers=wished)
        assert answer.status_code == status, who
