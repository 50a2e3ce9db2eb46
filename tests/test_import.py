"""What was recorded of the service becomes a fixture, without what is nobody's business."""

from __future__ import annotations

import base64
import json
import re
from uuid import UUID

import pytest
import requests
from click.testing import CliRunner

from fakegraph import FakeGraph
from fakegraph.cli import cli
from fakegraph.workloads.files.ids import drive_guids, item_id, packed_id

ROOT = "https://graph.microsoft.com/v1.0"
MEGAN, MIRIAM = "48d31887-5fad-4d73-a9f5-3c356e68a038", "5a1b2c3d-0000-4000-8000-00000000000a"
GROUP, MESSAGE = "02bd9fd6-8f93-4758-87c3-1fb73740a315", "AAMkAGUAAAwTW09AAAmessageYYYYYYYYY"
EVENT = "AAMkAGVlEVENTEVENTEVENTEVENT1"
UPN = "MeganB@M365x214355.onmicrosoft.com"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTRUNSRVQifQ.c2lnbmF0dXJl"
USER = "#microsoft.graph.user"


def entry(method, path, body, status=200, asked=None):
    url = path if "://" in path else f"{ROOT}{path}"
    headers = [
        {"name": "Authorization", "value": f"Bearer {JWT}"},
        {"name": "Cookie", "value": "S"},
    ]
    text = "" if body is None else json.dumps(body)
    return {
        "startedDateTime": "2024-05-01T00:00:00Z",
        "request": {
            "method": method,
            "url": url,
            "headers": headers,
            "postData": {"text": json.dumps(asked)} if asked else {},
        },
        "response": {"status": status, "headers": headers, "content": {"text": text}},
    }


def moment(hour):
    return {"dateTime": f"2024-05-01T{hour}:00:00.0000000", "timeZone": "UTC"}


def recorded():
    megan = {"id": MEGAN, "displayName": "Megan Bowen", "givenName": "Megan", "surname": "Bowen"}
    megan |= {"mail": UPN, "userPrincipalName": UPN, "mobilePhone": "+49 171 1234567"}
    sender = {"name": "Miriam Graham", "address": "MiriamG@M365x214355.onmicrosoft.com"}
    message = {"id": MESSAGE, "subject": "For Megan", "@odata.etag": "W/1"}
    message["body"] = {"contentType": "text", "content": f"Bearer {JWT} for {UPN}, Megan"}
    message["from"] = {"emailAddress": sender}
    written = {"createdBy": {"user": {"id": MEGAN, "email": UPN}}}
    link = "https://x.sharepoint.com/a?tempauth=SECRET&x=1"
    return [
        entry("GET", "/me", {"@odata.context": f"{ROOT}/$metadata#users/$entity", **megan}),
        entry(
            "GET",
            "/users?$select=id,displayName",
            {
                "value": [
                    {"id": MEGAN, "displayName": "Megan Bowen"},
                    {"id": MIRIAM, "displayName": "Miriam Graham"},
                    {"id": "c" * 8, "displayName": "Seen once"},
                ],
                "@odata.nextLink": f"{ROOT}/users?$skiptoken=SECRET",
            },
        ),
        entry("GET", "/me/manager", {"@odata.type": USER, "id": MIRIAM}),
        entry("GET", f"/users/{MIRIAM}/manager", {"@odata.type": USER, "id": MEGAN}),
        entry(
            "GET",
            "/me/memberOf",
            {"value": [{"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "G"}]},
        ),
        entry("GET", f"/groups/{GROUP}/members", {"value": [{"@odata.type": USER, "id": MIRIAM}]}),
        entry("GET", "/me/mailFolders/inbox/messages?$top=1", {"value": [message]}),
        entry(
            "GET",
            f"/me/messages/{MESSAGE}?$select=importance",
            {"id": MESSAGE, "importance": "high"},
        ),
        entry(
            "GET",
            "/me/calendarView?startDateTime=a&endDateTime=b",
            {
                "value": [
                    {"id": EVENT, "subject": "Sync", "start": moment(10), "end": moment(11)},
                    {"id": "AAMkO", "type": "occurrence", "subject": "Sync"},
                ]
            },
        ),
        entry(
            "GET",
            "/me/drive/root/children",
            {"value": [{"id": "01A", "name": "a.txt", "file": {}, "webUrl": link, **written}]},
        ),
        entry(
            "GET",
            "/users/delta?$deltatoken=SECRET",
            {
                "value": [{"id": MIRIAM, "department": "Sales"}, {"id": "x", "@removed": {}}],
                "@odata.deltaLink": f"{ROOT}/users/delta?$deltatoken=SECRET",
            },
        ),
        entry(
            "POST",
            "/$batch",
            {"responses": [{"id": "1", "status": 200, "body": {"id": MIRIAM, "jobTitle": "VP"}}]},
            asked={"requests": [{"id": "1", "method": "GET", "url": f"/users/{MIRIAM}"}]},
        ),
        entry("GET", f"/users/{MIRIAM}/photo/$value", None),
        entry("GET", "/users/nobody", {"error": {}}, 404),
        entry("GET", "/users?$filter=x", {"value": [{"id": MIRIAM, "shoeSize": 42}]}),
        entry("GET", "https://login.microsoftonline.com/x", {"access_token": JWT}),
        {"request": "broken"},
    ]


def run(*arguments, check=True):
    done = CliRunner().invoke(cli, list(map(str, arguments)), prog_name="fakegraph")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not check or done.exit_code == 0, done.output
    return done


def archive(path, entries):
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "README.txt")
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(found)}


def get(graph, path):
    answer = requests.get(f"{graph.v1}/{path}", headers=graph.headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def server():
    with FakeGraph(fixture=None) as graph:
        yield graph.server


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    done = run("import", archive(folder / "a.har", recorded()), "-o", folder / "out")
    return done, folder / "out"


def test_things_are_served_as_they_were_recorded(imported, server):
    with FakeGraph(server, fixture=imported[1]) as graph:
        megan = get(graph, f"users/{UPN}?$select=displayName,mobilePhone")
        assert (megan["displayName"], megan["mobilePhone"]) == ("Megan Bowen", "+49 171 1234567")
        miriam = get(graph, f"users/{MIRIAM}?$select=jobTitle,department,displayName")
        assert (miriam["jobTitle"], miriam["department"]) == ("VP", "Sales")
        assert get(graph, f"users/{MEGAN}/manager")["id"] == MIRIAM
        assert get(graph, f"users/{MIRIAM}/manager")["id"] == MEGAN
        members = get(graph, f"groups/{GROUP}/members")["value"]
        assert {each["id"] for each in members} == {MEGAN, MIRIAM}
        (message,) = get(graph, f"users/{MEGAN}/mailFolders/inbox/messages")["value"]
        assert (message["id"], message["importance"]) == (MESSAGE, "high")
        (event,) = get(graph, f"users/{MEGAN}/events")["value"]
        assert event["subject"] == "Sync"
        (item,) = get(graph, f"users/{MEGAN}/drive/root/children")["value"]
        assert item["name"] == "a.txt"
        assert item["createdBy"]["user"] == {"id": MEGAN, "email": UPN}


def test_no_token_and_no_secret_is_taken_over(imported):
    whole = "".join(files(imported[1]).values()) + (imported[1] / "README.txt").read_text()
    for secret in ("SECRET", "eyJ", "Cookie", "Authorization"):
        assert secret not in whole


def test_what_is_not_used_is_listed_and_what_is_not_whole_is_marked(imported):
    done, folder = imported
    readme = (folder / "README.txt").read_text()
    for words in ("[17]: it is no entry", "answer is a 404", "$value", "1 with login.", "shoeSize"):
        assert words in readme
        assert words in done.stderr
    assert "users/cccccccc: displayName, id" in readme
    assert f"users/{MIRIAM}" not in readme.partition("not used")[0]


def test_importing_exporting_and_importing_is_stable(imported, server, tmp_path):
    first = files(imported[1])
    with FakeGraph(server, fixture=imported[1]) as graph:
        run("export", "--url", server.url, "--tenant", graph.id, "-o", tmp_path / "exported")
        assert files(tmp_path / "exported") == first
        saved = tmp_path / "saved"
        saved.mkdir()
        for number, path in enumerate(("users", "groups", f"users/{MEGAN}/messages")):
            (saved / f"{number}.json").write_text(json.dumps(get(graph, path)))
    run("import", saved, "-o", tmp_path / "again")
    users = [json.loads(line) for line in files(tmp_path / "again")["users.jsonl"].splitlines()]
    assert {each["id"] for each in users} == {MEGAN, MIRIAM, "c" * 8}
    assert users[0]["messages"][0]["id"] == MESSAGE
    run("import", imported[1].parent / "a.har", "-o", tmp_path / "twice")
    assert files(tmp_path / "twice") == first


def test_the_journal_of_a_server_is_an_archive(imported, server, tmp_path):
    with FakeGraph(server, fixture=imported[1]) as graph:
        get(graph, "users")
        get(graph, f"users/{MEGAN}/manager")
        get(graph, f"groups/{GROUP}/members")
        kept = graph.control("GET", "/requests.har")
    (tmp_path / "journal.har").write_text(json.dumps(kept))
    run("import", tmp_path / "journal.har", "-o", tmp_path / "out")
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        assert get(graph, f"users/{MEGAN}/manager")["id"] == MIRIAM
        assert len(get(graph, f"groups/{GROUP}/members")["value"]) == 2
        assert get(graph, f"users/{UPN}")["displayName"] == "Megan Bowen"


def test_people_ids_and_domains_are_others_and_agree(imported, server, tmp_path):
    run("import", imported[1].parent / "a.har", "--anonymise", "-o", tmp_path / "out")
    whole = "".join(files(tmp_path / "out").values())
    for told in ("Megan", "Bowen", "Miriam", "365x", MEGAN, MIRIAM, GROUP, MESSAGE, "171 123"):
        assert told.casefold() not in whole.casefold(), told
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        megan, miriam, _ = get(graph, "users")["value"]
        assert get(graph, f"users/{megan['id']}/manager")["id"] == miriam["id"]
        (message,) = get(graph, f"users/{megan['id']}/messages")["value"]
        assert megan["userPrincipalName"] in message["body"]["content"]
        word, name = message["subject"].split()
        assert (name, word == "For") == (megan["givenName"], False)
        assert message["from"]["emailAddress"]["name"] == miriam["displayName"]
        assert megan["displayName"] == f"{megan['givenName']} {megan['surname']}"


def test_what_is_no_url_is_listed_and_the_rest_is_kept(tmp_path):
    bad = [entry("GET", url, {"value": []}) for url in ("http://[::1", "http://[x]/v1.0/users")]
    entries = [*bad, entry("GET", "/groups", {"value": [{"id": GROUP}]})]
    for more in ([], ["--anonymise"]):
        output = tmp_path / f"out{len(more)}"
        done = run("import", archive(tmp_path / "a.har", entries), *more, "-o", output)
        assert "[1]: GET http://[::1: its url is none" in done.stderr
        assert files(output).keys() == {"groups.jsonl"}


def test_a_fixture_is_imported_as_it_is(imported, server, tmp_path):
    first = files(imported[1])
    run("import", imported[1], "-o", tmp_path / "same")
    assert files(tmp_path / "same") == first
    with FakeGraph(server, fixture="contoso@fixed") as graph:
        graph.create("users/bob@contoso.com/messages", subject="S", to="bob@contoso.com")
        run("export", "--url", graph.url, "-o", tmp_path / "contoso")
    done = run("import", tmp_path / "contoso", "-o", tmp_path / "again")
    assert "not used" not in done.stderr
    assert files(tmp_path / "again") == files(tmp_path / "contoso")
    done = run("import", tmp_path / "contoso", "--anonymise", "-o", tmp_path / "others")
    (unused,) = (line for line in done.stderr.splitlines() if "not used" in line)
    assert "@rest.jsonl: what only the server knows" in unused
    user = json.loads(files(tmp_path / "contoso")["users.jsonl"].partition("\n")[0])
    assert f'"{user["id"]}":' in files(tmp_path / "contoso")["planner/tasks.jsonl"]
    assert user["id"] not in "".join(files(tmp_path / "others").values())


def test_a_fixture_and_what_was_recorded_are_merged_by_id(imported, tmp_path):
    more = {"id": MESSAGE, "importance": "low", "categories": ["Red"]}
    new = {"id": f"{MESSAGE}2", "subject": "New", "importance": "low"}
    entries = [
        entry("GET", f"/users/{MEGAN}/messages", {"value": [more, new]}),
        entry("GET", f"/users/{MIRIAM}", {"id": MIRIAM, "officeLocation": "1/2"}),
        entry("GET", f"/groups/{GROUP}/members", {"value": [{"@odata.type": USER, "id": "c" * 8}]}),
    ]
    (tmp_path / "contacts.csv").write_text("displayName\nC\n")
    table = tmp_path / "users.csv"
    table.write_text(f"id,displayName,accountEnabled\n{MIRIAM},Miri,true\n")
    har = archive(tmp_path / "a.har", entries)
    run(
        "import",
        imported[1] / "users.jsonl",
        imported[1] / "groups.jsonl",
        har,
        table,
        "-o",
        tmp_path / "o",
    )
    users = [json.loads(line) for line in files(tmp_path / "o")["users.jsonl"].splitlines()]
    messages = {each["id"]: each for each in users[0]["messages"]}
    assert messages.keys() == {MESSAGE, f"{MESSAGE}2"}
    assert messages[MESSAGE]["subject"] == "For Megan"
    assert messages[MESSAGE]["categories"] == ["Red"]
    miriam = next(each for each in users if each["id"] == MIRIAM)
    assert (miriam["displayName"], miriam["department"]) == ("Miri", "Sales")
    assert (miriam["officeLocation"], miriam["accountEnabled"]) == ("1/2", True)
    (group,) = map(json.loads, files(tmp_path / "o")["groups.jsonl"].splitlines())
    assert {each["id"] for each in group["members"]} == {MEGAN, MIRIAM, "c" * 8}


def test_what_of_a_fixture_is_not_used_is_listed(tmp_path):
    (tmp_path / "in" / "files").mkdir(parents=True)
    inside = {
        "files/a.json": "{}",
        "mail.jsonl": "{}",
        "directory.json": "{}",
        "nowhere.jsonl": "{}",
    }
    inside["groups.jsonl"] = '{"id": "a", "photo": {"$value@file": "a.json"}}\n{broken\n3\n'
    inside["paths.json"] = json.dumps({"users": [{"id": "b", "displayName": "B"}]})
    for name, text in inside.items():
        (tmp_path / "in" / name).write_text(text)
    done = run("import", tmp_path / "in", "-o", tmp_path / "out")
    for words in ("a.json: it is not of records", "mail.jsonl: what it tells", "it names a file"):
        assert words in done.stderr
    for words in ("directory.json: it is not", "nothing at 'nowhere'", "groups.jsonl:2: not JSON"):
        assert words in done.stderr
    assert files(tmp_path / "out").keys() == {"groups.jsonl", "users.jsonl"}
    (tmp_path / "empty").mkdir()
    done = run("import", tmp_path / "empty", "-o", tmp_path / "none", check=False)
    assert "it has no file that ends in" in done.stderr


def test_of_what_cannot_be_together_the_last_stays(tmp_path, server):
    upn = {"userPrincipalName": UPN, "displayName": "Megan"}
    users = [{"id": MEGAN, **upn}, {"id": MIRIAM, "displayName": "M"}, {"id": "c" * 8, **upn}]
    links = [{"@odata.type": USER, "id": MEGAN}, {"@odata.type": USER, "id": MIRIAM}]
    entries = [
        entry("GET", "/users", {"value": users}),
        entry("GET", f"/users/{MEGAN}/messages", {"value": [{"id": MESSAGE, "subject": "S"}]}),
        entry("GET", "/groups", {"value": [{"id": GROUP, "displayName": "G"}]}),
        entry("GET", f"/groups/{GROUP}/members", {"value": links}),
    ]
    done = run("import", archive(tmp_path / "a.har", entries), "-o", tmp_path / "out")
    assert f"not used: users/{MEGAN}: userPrincipalName: Another object" in done.stderr
    assert f"not used: users/{MEGAN}/messages: what it is in was left out" in done.stderr
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        assert {each["id"] for each in get(graph, "users")["value"]} == {MIRIAM, "c" * 8}
        members = get(graph, f"groups/{GROUP}/members")["value"]
        assert [each["id"] for each in members] == [MIRIAM]


def test_what_tells_whose_it_was_is_replaced_wherever_it_stands(tmp_path, server):
    mail = "wen.li@secretcorp.com"
    long_id = "AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZi-WxRAAA_="
    user = {"id": MEGAN, "displayName": "Wen Li", "givenName": "Wen", "surname": "Li"}
    user |= {"userPrincipalName": mail, "mail": mail, "mailNickname": "wen.li"}
    user |= {"onPremisesDomainName": "secretcorp.com", "companyName": "Secret Corp"}
    user |= {"preferredName": "Wenny", "userType": "Member"}
    user["mySite"] = "https://secretcorp-my.sharepoint.com/personal/wen_li_secretcorp_com/"
    owa = f"https://outlook.office365.com/owa/?ItemID={long_id.replace('-', '%2F').replace('_', '%2B').replace('=', '%3D')}&x=1"
    text = (
        f"WEN LI and wenny of SECRET CORP: https://www.secretcorp.com/a?u=wen.li%40secretcorp.com "
        f"wen_li_secretcorp_com secretcorp-com EV1 items/{long_id}"
    )
    header = {"name": "Received", "value": "from mx.secretcorp.com (10.1.2.3) by SecretCorp"}
    message = {"id": long_id, "webLink": owa, "body": {"contentType": "text", "content": text}}
    message |= {"internetMessageHeaders": [header], "subject": "wen's", "importance": "high"}
    domain = {"id": "secretcorp.com", "isDefault": True, "isVerified": True}
    domain |= {"authenticationType": "Managed"}
    organization = {"id": GROUP, "displayName": "Secret Corp"}
    organization["verifiedDomains"] = [{"name": "secretcorp.com", "isDefault": True}]
    event = {"id": "EV1", "subject": "Sync", "start": moment(10), "end": moment(11)}
    entries = [
        entry("GET", "/users", {"value": [user]}),
        entry("GET", "/domains", {"value": [domain]}),
        entry("GET", "/organization", {"value": [organization]}),
        entry("GET", f"/users/{mail}/messages", {"value": [message]}),
        entry("GET", f"/users/{MEGAN}/events/EV1", event),
    ]
    har = archive(tmp_path / "a.har", entries)
    done = run("import", har, "--anonymise", "-o", tmp_path / "out")
    assert "not used" not in done.stderr
    whole = "".join(files(tmp_path / "out").values()).casefold()
    told = ["secret", "wen", "\\bli\\b", "wenny", "10\\.1\\.2", "ev1", "wxraaa", MEGAN, "_li_"]
    assert [each for each in told if re.search(each, whole)] == []
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        (there,) = get(
            graph,
            "users?$select=id,userPrincipalName,mail,companyName,mailNickname,userType",
        )["value"]
        (domain,) = (each for each in get(graph, "domains")["value"] if each["isDefault"])
        local, _, at = there["userPrincipalName"].partition("@")
        assert (domain["id"], there["mail"]) == (at, there["userPrincipalName"])
        assert (there["mailNickname"], there["userType"]) == (local, "Member")
        assert get(graph, "organization")["value"][0]["displayName"] == there["companyName"]
        spelt = there["mail"].replace("@", "_").replace(".", "_")
        (sent,) = get(graph, f"users/{there['id']}/messages")["value"]
        assert f"/personal/{spelt}/" in json.dumps(files(tmp_path / "out"))
        assert f"ItemID={sent['id']}&" in sent["webLink"]
        for each in (f"www.{at}/", spelt, there["mail"].replace("@", "%40"), f"items/{sent['id']}"):
            assert each in sent["body"]["content"]
        (event,) = get(graph, f"users/{there['id']}/events")["value"]
        assert event["id"] in sent["body"]["content"]


# What people write, of which nothing may be left, wherever it stands.
WORDS = ("Zebulon", "Quirrell", "Grimsby", "Pevensie", "Tumnus", "Aslaug", "Mordaunt", "Wexcombe")
NUMBERS = ("4917155501", "203.0.113.77", "52.5163", "987654321")
PICTURE = base64.b64encode(bytes.fromhex("89504e470d0a1a0a") + b"Zebulon").decode()


def personal():
    a, b, c, d, e, f, g, h = WORDS
    page = f"<html><head><title>{a}</title></head><!-- {b} --><p class='{c}'>Dear {d}, "
    page += f"<a href='https://{e.lower()}.example/{f}%20{g}' title='{h}'>{e}</a>&#90;ebulon</p>"
    message = {"id": MESSAGE, "subject": f"{a}: the {b} plan", "categories": [c]}
    message |= {"body": {"contentType": "html", "content": page}, "bodyPreview": f"Dear {d}"}
    message["internetMessageHeaders"] = [{"name": "X-From", "value": f"{e} [203.0.113.77]"}]
    attached = {"@odata.type": "#microsoft.graph.fileAttachment", "id": "A1", "name": f"{f}.docx"}
    message["attachments"] = [
        {**attached, "contentBytes": base64.b64encode(g.encode()).decode()},
        {**attached, "id": "A2", "contentBytes": PICTURE, "contentType": "image/png"},
    ]
    event = {"id": EVENT, "subject": f"With {h}", "start": moment(10), "end": moment(11)}
    place = {"latitude": 52.5163, "longitude": 13.3777}
    event["location"] = {"displayName": f"{a} hall", "coordinates": place}
    item = {"id": "01ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "name": f"{b} {c}.xlsx", "file": {}}
    item |= {
        "description": d,
        "webUrl": f"https://x.sharepoint.com/Shared%20Documents/{b}%20{c}.xlsx",
    }
    extension = {"@odata.type": "#microsoft.graph.openTypeExtension", "id": "com.x"}
    extension |= {"extensionName": "com.x", "favourite" + e: f}
    megan = {"id": MEGAN, "displayName": "Megan Bowen", "jobTitle": g, "department": f"{h} unit"}
    megan |= {"city": a, "aboutMe": b, "interests": [c], "mobilePhone": "+4917155501"}
    megan |= {"employeeId": "987654321", "userPrincipalName": UPN, "usageLocation": "DE"}
    megan |= {"proxyAddresses": [f"SMTP:{d}@M365x214355.onmicrosoft.com"], "userType": "Member"}
    group = {
        "id": GROUP,
        "displayName": f"{e} friends",
        "description": f"{f}, {g}",
        "theme": "Teal",
    }
    group |= {"groupTypes": ["Unified"], "visibility": "Private", "mailEnabled": True}
    group["createdDateTime"] = "2024-05-01T00:00:00Z"
    return [
        entry("GET", f"/users/{MEGAN}", megan),
        entry("GET", f"/users/{MEGAN}/messages/{MESSAGE}", message),
        entry("GET", f"/users/{MEGAN}/messages/{MESSAGE}/extensions", {"value": [extension]}),
        entry("GET", f"/users/{MEGAN}/events", {"value": [event]}),
        entry("GET", f"/users/{MEGAN}/drive/root/children", {"value": [item]}),
        entry("GET", f"/groups/{GROUP}", group),
        entry("GET", f"/users/{MEGAN}/drive/root:/{b}%20{h}:/children", {"value": []}, 404),
        entry("GET", f"https://{h.lower()}.example/x", {"value": []}),
    ]


def test_nothing_that_people_wrote_is_left_and_the_rest_is(tmp_path, server):
    har = archive(tmp_path / "a.har", personal())
    run("import", har, "--anonymise", "-o", tmp_path / "out")
    whole = "".join(each.read_text() for each in (tmp_path / "out").rglob("*.*")).casefold()
    told = (*WORDS, *NUMBERS, MESSAGE, "365x", "Bowen", base64.b64encode(b"Tumnus").decode())
    assert [each for each in told if each.casefold() in whole] == []
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        (megan,) = get(graph, "users?$select=id,usageLocation,userType,displayName")["value"]
        assert (megan["usageLocation"], megan["userType"]) == ("DE", "Member")
        mailbox = f"users/{megan['id']}/messages"
        (message,) = get(graph, f"{mailbox}?$expand=attachments")["value"]
        (extension,) = get(graph, f"{mailbox}/{message['id']}/extensions")["value"]
        content = message["body"]["content"]
        assert re.fullmatch(
            r"<html> *<p>\w+ \w+, <a href=\"https://[^\"]+\">\w+</a> \w+</p>", content
        )
        assert [each["name"].rpartition(".")[2] for each in message["attachments"]] == ["docx"] * 2
        assert len(extension.keys() - {"id", "extensionName", "@odata.type"}) == 1
        (item,) = get(graph, f"users/{megan['id']}/drive/root/children")["value"]
        assert item["name"].endswith(".xlsx")
        (event,) = get(graph, f"users/{megan['id']}/events")["value"]
        assert event["start"]["dateTime"].startswith("2024-05-01T10:00")
        (group,) = get(graph, "groups")["value"]
        assert (group["groupTypes"], group["visibility"]) == (["Unified"], "Private")
        assert group["createdDateTime"] == "2024-05-01T00:00:00Z"


def test_ids_that_are_made_of_others_agree_with_these_when_they_are_others(tmp_path):
    site = f"secretcorp.sharepoint.com,{MEGAN},{MIRIAM}"
    drive = {"id": packed_id(site, GROUP), "driveType": "documentLibrary", "name": "Plans"}
    item = {"id": item_id("x", UUID(MEGAN)), "name": "a.txt", "file": {}}
    entries = [
        entry("GET", f"/sites/{site}", {"id": site}),
        entry("GET", f"/sites/{site}/drives", {"value": [drive]}),
        entry("GET", f"/drives/{drive['id']}/items", {"value": [item]}),
        entry("GET", f"/groups/{GROUP}", {"id": GROUP, "displayName": drive["id"]}),
    ]
    run("import", archive(tmp_path / "a.har", entries), "--anonymise", "-o", tmp_path / "out")
    (group,) = map(json.loads, files(tmp_path / "out")["groups.jsonl"].splitlines())
    (there,) = map(json.loads, files(tmp_path / "out")["sites.jsonl"].splitlines())
    made = [str(each) for each in drive_guids(group["displayName"])]
    assert made == [*there["id"].split(",")[1:], group["id"]]
    assert MEGAN not in made


def test_mocks_of_dev_proxy_are_read(tmp_path, server):
    mocks = [
        {
            "request": {"url": f"{ROOT}/users", "method": "GET"},
            "response": {"body": {"value": [{"id": MEGAN, "displayName": "Megan"}]}},
        },
        {"request": {"url": f"{ROOT}/groups/*"}, "response": {"body": {"id": "x"}}},
        {"request": {"url": f"{ROOT}/me"}, "response": {"body": "@/etc/passwd"}},
        {"request": {"url": f"{ROOT}/groups"}, "response": {"statusCode": 429, "body": {}}},
        {"response": {}},
    ]
    (tmp_path / "mocks.json").write_text(json.dumps({"mocks": mocks}))
    old = {"responses": [{"url": f"{ROOT}/groups", "responseBody": {"value": [{"id": GROUP}]}}]}
    (tmp_path / "old.json").write_text(json.dumps(old))
    done = run("import", tmp_path / "mocks.json", tmp_path / "old.json", "-o", tmp_path / "out")
    for words in (
        "[2]: its url is a pattern",
        "[3]: its body names a file",
        "a 429",
        "[5]: it is no",
    ):
        assert words in done.stderr
    with FakeGraph(server, fixture=tmp_path / "out") as graph:
        assert [each["id"] for each in get(graph, "users")["value"]] == [MEGAN]
        assert [each["id"] for each in get(graph, "groups")["value"]] == [GROUP]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("3", "no archive"),
        ('{"log": {"entries": 3}}', "is no array"),
        ('{"log": {"entries": [3, null, {"request": 1, "response": 2}]}}', "[3]: it is no entry"),
        ('{"@odata.context": "x"}', "of nothing that is stored"),
        ('{"value": [3]}', "what is no thing"),
        ('{"value": [{"id": {"a": 1}, "displayName": "x"}]}', "its id is no text"),
    ],
)
def test_what_is_broken_is_a_line(content, words, tmp_path):
    (tmp_path / "users.json").write_text(content)
    done = run("import", tmp_path / "users.json", "-o", tmp_path / "out", check=False)
    assert words in done.stderr
    assert done.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_ids_lead_nowhere_among_files_and_links_are_not_followed(tmp_path):
    bad = {"value": [{"id": "../../../evil", "displayName": "E"}, {"id": "%2e%2e/x"}]}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "users.json").write_text(json.dumps(bad))
    (tmp_path / "secret.json").write_text(json.dumps({"value": [{"id": "linked"}]}))
    (tmp_path / "in" / "groups.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    run("import", tmp_path / "in", "-o", tmp_path / "out")
    assert files(tmp_path / "out").keys() == {"users.jsonl"}
    assert "evil" in files(tmp_path / "out")["users.jsonl"]
    missing = run("import", tmp_path / "missing.har", "-o", tmp_path / "o", check=False)
    assert "there is no such file" in missing.stderr
