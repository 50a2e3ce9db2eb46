"""Contacts, the people that matter to somebody, and their photos."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ADA = "users/ada"
NO_PHOTO = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."  # fmt: skip


@pytest.fixture
def people(client):
    """A client of a tenant with Ada, Bob and Cy."""
    names = ("ada", "bob", "cy")
    seed(client, {"users": [{"id": name, "displayName": f"{name.title()} Irene"[: 9 if name == "cy" else 3], "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in names]})  # fmt: skip
    return client


def to(*names):
    return [{"emailAddress": {"address": f"{name}@contoso.com"}} for name in names]


# Contacts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "single", "several"),
    [
        ({"emailAddresses": [{"address": "a@b.c"}, {"address": "d@e.f"}]}, "a@b.c", ["a@b.c", "d@e.f"]),
        ({"primaryEmailAddress": {"address": "a@b.c"}, "tertiaryEmailAddress": {"address": "g@h.i"}}, "a@b.c", ["a@b.c", "g@h.i"]),
    ],
)  # fmt: skip
def test_a_contact_has_its_addresses_in_both_forms(client, body, single, several):
    made = make(client, "me/contacts", body)
    assert [each["address"] for each in made["emailAddresses"]] == several
    assert made["primaryEmailAddress"]["address"] == single
    one = f"/v1.0/me/contacts/{made['id']}"
    changed = client.patch(one, json={"primaryEmailAddress": {"address": "x@y.z"}}).json
    assert [each["address"] for each in changed["emailAddresses"]] == ["x@y.z", several[1]]
    changed = client.patch(one, json={"emailAddresses": []}).json
    assert (changed["primaryEmailAddress"], changed["emailAddresses"]) == (None, [])


@pytest.mark.parametrize(
    ("query", "ok"),
    [
        ("emailAddresses/any(a:a/address eq 'a@b.c')", True),
        ("startswith(displayName,'ad')", True),
        ("emailAddresses/any(a:startswith(a/address,'a'))", False),
        ("emailAddresses/any(a:a/address ne 'a@b.c')", False),
        ("emailAddresses/any(a:contains(a/address,'emailAddresses/any(a:a/address eq'))", False),
    ],
)
def test_contacts_are_found_by_an_equal_address(client, query, ok):
    make(client, "me/contacts", {"displayName": "Ada", "emailAddresses": [{"address": "a@b.c"}]})
    answer = client.get(f"/v1.0/me/contacts?$filter={query}")
    if ok:
        assert len(answer.json["value"]) == 1
    else:
        error = assert_error(answer, 400, "ErrorInvalidUrlQueryFilter")
        assert error["message"] == "The query filter contains one or more invalid nodes."


# People -----------------------------------------------------------------------------------------


def test_people_are_ranked_by_mail_and_meetings(people):
    for names in (["bob"], ["bob", "cy"]):
        people.post(f"/v1.0/{ADA}/sendMail", json={"message": {"subject": "x", "toRecipients": to(*names)}})  # fmt: skip
    make(people, f"{ADA}/contacts", {"displayName": "Eve", "emailAddresses": [{"address": "eve@fabrikam.com"}]})  # fmt: skip
    found = listed(people, f"{ADA}/people")
    assert [each["displayName"] for each in found] == ["Bob", "Cy Irene", "Eve"]
    scores = [each["scoredEmailAddresses"][0]["relevanceScore"] for each in found]
    assert scores == sorted(scores, reverse=True)
    bob, _, eve = found
    assert (bob["id"], bob["userPrincipalName"]) == ("bob", "bob@contoso.com")
    assert bob["personType"] == {"class": "Person", "subclass": "OrganizationUser"}
    assert eve["personType"]["subclass"] == "PersonalContact"
    assert (eve["birthday"], eve["personNotes"], eve["yomiCompany"]) == ("", "", "")
    assert listed(people, f"{ADA}/people?$top=1") == [bob]
    assert people.get(f"/v1.0/{ADA}/people?$top=2").json["@odata.nextLink"]
    make(people, f"{ADA}/events", {"subject": "x", "start": (when := {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}), "end": when, "attendees": to(*["cy"] * 3)})  # fmt: skip
    assert listed(people, f"{ADA}/people")[0]["displayName"] == "Cy Irene"


@pytest.mark.parametrize(
    ("text", "found"),
    [("irene", ["Cy Irene"]), ("iren", ["Cy Irene"]), ("irine", ["Cy Irene"]), ("bob@contoso", ["Bob"]), ("zoe", [])],
)  # fmt: skip
def test_people_are_searched_nearly(people, text, found):
    people.post(f"/v1.0/{ADA}/sendMail", json={"message": {"toRecipients": to("bob", "cy")}})
    answer = listed(people, f'{ADA}/people?$search="{text}"')
    assert [each["displayName"] for each in answer] == found
    assert_error(people.get(f'/v1.0/{ADA}/people?$search="x"&$skip=1'), 400, "ErrorInvalidParameter")  # fmt: skip
    kinds = listed(people, f"{ADA}/people?$filter=personType/class eq 'Person'")
    assert len(kinds) == 2


def test_people_are_those_of_the_latest_messages_and_of_recent_meetings(people):
    """However much there is: the oldest of 1,001 messages counts no more, nor does a meeting of
    long ago where there are a thousand others.
    """
    when = [{"dateTime": f"{year}-03-02T09:00:00", "timeZone": "UTC"} for year in (2020, 2026)]
    many = 1000
    mail = [
        {"from": to(name)[0], "receivedDateTime": f"{year}-03-02T09:00:00Z", "parentFolderId": "inbox"}
        for name, year in [("eve", 2020), *[("bob", 2026)] * many]
    ]  # fmt: skip
    events = [
        {"start": at, "end": at, "attendees": to(name)}
        for name, at in [("cy", when[0]), *[("zoe", when[1])] * many]
    ]
    people.put("/_fakegraph/clock", json={"now": "2026-03-03"})
    seed(people, {f"{ADA}/messages": mail[:-1], f"{ADA}/events": events[:-1]})
    names = [each["displayName"] for each in listed(people, f"{ADA}/people")]
    assert names == ["zoe@contoso.com", "Bob", "Cy Irene", "eve@contoso.com"]
    seed(people, {f"{ADA}/messages": mail[-1:], f"{ADA}/events": events[-1:]})
    names = [each["displayName"] for each in listed(people, f"{ADA}/people")]
    assert names == ["zoe@contoso.com", "Bob"]


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_who_is_listed_among_people_is_found_by_id(people, version):
    people.post(f"/v1.0/{ADA}/sendMail", json={"message": {"toRecipients": to("bob", "eve")}})
    found = listed(people, f"{ADA}/people")
    assert {"Bob", "eve@contoso.com"} <= {each["displayName"] for each in found}
    for each in found:
        one = people.get(f"/{version}/{ADA}/people/{each['id']}")
        assert (one.status_code, one.json["displayName"]) == (200, each["displayName"])
        name = people.get(f"/{version}/{ADA}/people/{each['id']}/displayName").json["value"]
        assert name == each["displayName"]
    assert_error(people.get(f"/{version}/{ADA}/people/cy"), 400, "ErrorInvalidIdMalformed")


def test_people_are_read_only(people):
    assert people.post(f"/v1.0/{ADA}/people", json={"displayName": "x"}).status_code == 405


# Photos -----------------------------------------------------------------------------------------


def picture(width, height):
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")  # fmt: skip


@pytest.mark.parametrize("path", ["photo", "photo/$value", "photos", "photos/48x48", "photos/48x48/$value"])  # fmt: skip
def test_a_photo_that_nobody_gave_is_not_found(people, path):
    error = assert_error(people.get(f"/v1.0/{ADA}/{path}"), 404, "ImageNotFound")
    assert error["message"] == NO_PHOTO


def drawn(width, height, kind):
    """A picture that is red above and blue below."""
    out, picture = io.BytesIO(), Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, height // 2, width, height))
    picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_photo_is_drawn_in_its_sizes(people, kind):
    place = f"/v1.0/{ADA}/photo"
    data = drawn(130, 96, kind)
    people.put(f"{place}/$value", data=data, content_type=f"image/{kind.lower()}")
    for size in (48, 64, 96, 120):
        answer = people.get(f"/v1.0/{ADA}/photos/{size}x{size}/$value")
        found = Image.open(io.BytesIO(answer.data)).convert("RGB")
        assert (found.size, answer.mimetype) == ((size, size), "image/jpeg")
        (red, *_), (*_, blue) = (found.getpixel((5, y)) for y in (2, size - 3))
        assert red > 200
        assert blue > 200
        about = people.get(f"/v1.0/{ADA}/photos/{size}x{size}").json
        assert about["@odata.mediaContentType"] == "image/jpeg"
    assert people.get(f"{place}/$value").data == data


def test_a_photo_is_given_as_it_is_in_its_own_size(people):
    data = drawn(48, 48, "JPEG")
    people.put(f"/v1.0/{ADA}/photo/$value", data=data, content_type="image/jpeg")
    assert people.get(f"/v1.0/{ADA}/photos/48x48/$value").data == data


def test_a_photo_is_taken_away_by_its_bytes(people):
    place = f"/v1.0/{ADA}/photo/$value"
    people.put(place, data=drawn(48, 48, "JPEG"), content_type="image/jpeg")
    assert people.delete(place).status_code == 204
    assert_error(people.get(place), 404, "ImageNotFound")
    assert_error(people.delete(place), 404, "ImageNotFound")


def test_a_photo_is_there_in_all_sizes_up_to_its_own(people):
    place = f"/v1.0/{ADA}/photo"
    for width, expected in ((250, 5), (100, 3)):
        data = picture(width, 80)
        assert people.put(f"{place}/$value", data=data, content_type="image/jpeg").status_code == 200  # fmt: skip
        found = listed(people, f"{ADA}/photos")
        assert len(found) == expected
        assert (found[0]["id"], found[0]["width"]) == ("48X48", 48)
        broken = people.get(f"/v1.0/{ADA}/photos/48x48/$value")  # it has a head, and no pixels
        assert_error(broken, 404, "ImageNotFound")
        assert people.get(f"/v1.0/{ADA}/photos/64x64").json["id"] == "64X64"
        assert people.get(f"/v1.0/{ADA}/photos/648x648").status_code == 404
    assert people.get(place).json["id"] == "100X80"
    people.put(f"{place}/$value", data=picture(60_000, 60_000), content_type="image/jpeg")
    assert_error(people.get(f"{place}s/48x48/$value"), 404, "ImageNotFound")
    assert people.delete(place).status_code == 204
    assert people.get(f"/v1.0/{ADA}/photos").status_code == 404


def test_a_contact_has_one_photo(people):
    made = make(people, f"{ADA}/contacts", {"givenName": "Eve"})
    place = f"/v1.0/{ADA}/contacts/{made['id']}/photo"
    assert people.put(f"{place}/$value", data=picture(300, 200), content_type="image/jpeg").status_code == 200  # fmt: skip
    assert people.get(place).json["width"] == 300
    assert people.get(f"{place}/$value").data == picture(300, 200)
