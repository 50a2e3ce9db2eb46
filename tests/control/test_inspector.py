"""The inspector's page, and what it asks for."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from pathlib import Path

import pytest

from fakegraph.control import inspector

BEARER = {"Authorization": "Bearer any"}
PERSON = {
    "accountEnabled": True,
    "displayName": "Ada",
    "mailNickname": "ada",
    "userPrincipalName": "ada@contoso.com",
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
}


@pytest.fixture
def v1(asked):
    """Ask v1.0 of the default tenant."""

    def ask(method, path, json=None, headers=BEARER):
        return asked.client.open(f"/v1.0/{path}", method=method, json=json, headers=headers)

    return ask


def summaries(asked, query=""):
    return asked.control("GET", f"/requests/summaries{query}")


def token(**claims):
    parts = [{"alg": "none"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return {"Authorization": f"Bearer {'.'.join(each.rstrip('=') for each in coded)}.x"}


def test_the_page_has_its_files_and_a_policy_that_lets_nothing_else_in(asked):
    page = asked.client.get("/_fakegraph/ui")
    assert page.status_code == 200
    policy = dict(
        each.split(" ", 1) for each in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "http://localhost/_fakegraph/ui/"
    nonce = re.search('name="mail-styles" content="([^"]+)"', page.text)[1]
    assert policy["style-src"].endswith(f"'nonce-{nonce}'")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    other = asked.client.get("/_fakegraph/ui").headers["Content-Security-Policy"]
    assert nonce not in other
    named = {*re.findall('"(ui/[^"]+)"', page.text), "ui/lib.js", "ui/screens/mail.js"}
    for name in named:
        file = asked.client.get(f"/_fakegraph/{name}")
        assert file.status_code == 200, name
        assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_its_scripts_load_files_that_are_there_and_all_together_are_small(asked):
    page = asked.client.get("/_fakegraph/ui").text
    screens = re.search('name="screens" content="([^"]+)"', page)[1].split()
    assert {"requests", "mail", "tenants"} <= {*screens}
    seen, size = set(), 0
    waiting = ["app.js", "style.css", *(f"screens/{name}.js" for name in screens)]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        answer = asked.client.get(f"/_fakegraph/ui/{name}")
        assert answer.status_code == 200, name
        size += len(answer.data)
        led = re.findall(r'from *"(\.[^"]+)"', answer.text)
        folder = posixpath.dirname(name)
        found = {posixpath.normpath(posixpath.join(folder, each)) for each in led}
        waiting += found - seen - {*waiting}
    assert {"preact.js", "preact-hooks.js", "htm.js", "lib.js", "feed.js"} <= seen
    assert size < 150_000


def test_scripts_are_served_without_the_lines_that_explain_them(asked):
    folder = Path(inspector.__file__).parent / "page"
    for file in folder.rglob("*.js"):
        name = file.relative_to(folder).as_posix()
        written = file.read_text().split("\n")
        served = asked.client.get(f"/_fakegraph/ui/{name}").text.split("\n")
        assert len(served) == len(written)
        for line, source in zip(served, written, strict=True):
            assert line in (source, "")
            assert not line.lstrip().startswith(("//", "/*"))
            assert line or not source.startswith(("import ", "export ", "\t}"))


def test_each_screen_says_its_name_its_title_and_its_place(asked):
    page = asked.client.get("/_fakegraph/ui").text
    orders = []
    for name in re.search('name="screens" content="([^"]+)"', page)[1].split():
        text = asked.client.get(f"/_fakegraph/ui/screens/{name}.js").text
        assert f'export const name = "{name}";' in text
        assert re.search('^export const title = "[^"]+";$', text, re.MULTILINE), name
        assert re.search(r"^export function Screen\(", text, re.MULTILINE), name
        orders.append(int(re.search(r"^export const order = (\d+);$", text, re.MULTILINE)[1]))
    assert len({*orders}) == len(orders)


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "__init__.py", "..%2F__init__.py", "LICENSES", "screens", "screens/app.js"],
)
def test_other_files_are_not_served(asked, name):
    assert asked.client.get(f"/_fakegraph/ui/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/_fakegraph", "/_fakegraph/"])
def test_a_browser_is_led_to_it(asked, path):
    led = asked.client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (led.status_code, led.headers["Location"]) == (302, "/_fakegraph/ui")
    assert asked.client.get(path, headers={"Accept": "application/json"}).status_code != 302
    own = {"Accept": "text/html", "Host": "graph.microsoft.com"}
    assert asked.client.get(path, headers=own).status_code != 302


def test_the_page_needs_no_key_and_what_it_asks_does(make_client):
    client = make_client(control_key="k3y")
    linked = {"Sec-Fetch-Site": "cross-site", "Host": "anywhere.example"}
    assert client.get("/_fakegraph/ui", headers=linked).status_code == 200
    assert client.get("/_fakegraph/ui/app.js", headers=linked).status_code == 200
    for path in ("requests/summaries", "requests/1", "requests/1/why", "look/v1.0/users"):
        assert client.get(f"/_fakegraph/{path}").status_code == 401, path


def test_without_a_key_the_page_is_of_this_server_s_names_alone(asked):
    assert asked.client.get("/_fakegraph/ui", headers={"Host": "evil.example"}).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = asked.client.get("/_fakegraph/requests/summaries", headers=foreign)
    assert answer.status_code == 403


def test_summaries_are_those_between_two_numbers(asked, v1):
    assert summaries(asked) == {"value": [], "first": None}
    for _ in range(4):
        v1("GET", "users")
    every = summaries(asked)
    assert [row["number"] for row in every["value"]] == [1, 2, 3, 4]
    assert [row["number"] for row in summaries(asked, "?after=3")["value"]] == [4]
    assert [row["number"] for row in summaries(asked, "?before=3")["value"]] == [1, 2]
    assert [row["number"] for row in summaries(asked, "?most=2")["value"]] == [3, 4]
    assert [row["number"] for row in summaries(asked, "?before=4&most=2")["value"]] == [2, 3]
    assert summaries(asked, "?after=2&before=3")["value"] == []
    assert summaries(asked, "?after=9")["value"] == summaries(asked, "?before=0")["value"] == []
    assert summaries(asked, "?most=0")["value"] == []
    asked.control("DELETE", "/requests")
    v1("GET", "users")
    assert summaries(asked, "?after=4")["first"] == 5
    assert [row["number"] for row in summaries(asked)["value"]] == [5]
    asked.control("GET", "/requests/summaries?after=-1", status=400)
    asked.control("GET", "/requests/summaries?from=1", status=400)


def test_a_summary_names_caller_and_reason(asked, v1):
    v1("GET", "users?$filter=((", headers=token(upn="ada@contoso.com", oid="1"))
    (row,) = summaries(asked)["value"]
    assert (row["caller"], row["status"], row["errorCode"]) == (
        "ada@contoso.com",
        400,
        "BadRequest",
    )
    assert row["query"] == "$filter=(("
    assert "Invalid filter clause" in row["errorMessage"]


def test_a_request_has_both_sides_without_its_secrets(asked, v1):
    v1("POST", "users", PERSON)
    whole = asked.control("GET", "/requests/1")
    assert whole["method"] == "POST"
    assert f"/{whole['responseJson']['id']}/" in whole["responseHeaders"]["Location"]
    assert json.loads(whole["text"])["displayName"] == "Ada"
    assert PERSON["passwordProfile"]["password"] not in json.dumps(whole)
    asked.control("GET", "/requests/2", status=404)


def test_why_says_what_the_path_means_and_who_may(asked, v1):
    v1("GET", "users", headers=token(appid="a", roles=["Mail.Read"]))
    said = asked.control("GET", "/requests/1/why")
    assert said["path"]["type"] == "microsoft.graph.user"
    assert said["path"]["methods"][0] == {"method": "GET", "evidence": "permitted", "built": True}
    assert (said["caller"]["appid"], said["caller"]["appOnly"]) == ("a", True)
    assert said["permissions"]["held"] == ["Mail.Read"]
    assert said["permissions"]["enough"] is False
    assert "User.Read.All" in said["permissions"]["needed"]["Application"]


def test_why_says_how_a_read_went_about_it_and_leaves_no_trace(asked, v1):
    for name in ("Ada", "Bo", "Cy"):
        nick = name.lower()
        more = {
            "displayName": name,
            "mailNickname": nick,
            "userPrincipalName": f"{nick}@contoso.com",
        }
        assert v1("POST", "users", PERSON | more).status_code == 201
    v1("GET", "users?$filter=displayName eq 'Bo'")
    v1("GET", "users?$filter=startswith(jobTitle,'x')")
    assert asked.control("GET", "/requests/4/why")["query"] == [
        {"by": "displayName", "records": 3, "read": 1}
    ]
    assert asked.control("GET", "/requests/5/why")["query"] == [
        {"by": None, "records": 3, "read": 3}
    ]
    assert len(summaries(asked)["value"]) == 5


def test_why_tells_of_what_was_declared_refused_failed_and_stubbed(asked, v1):
    asked.graph()
    match = {"match": {"method": "GET", "path": "/users"}}
    fault = asked.control("POST", "/faults", {**match, "preset": "throttled"})["id"]
    v1("GET", "users")
    stub = asked.control("POST", "/stubs", {**match, "json": {"value": []}})["id"]
    v1("GET", "users")
    v1("GET", "nobody")
    declared, failed, stubbed, refused = (
        asked.control("GET", f"/requests/{number}/why") for number in (1, 2, 3, 4)
    )
    assert declared["path"]["type"] == "userCredentialUsageDetails"
    assert (failed["fault"]["id"], failed["fault"]["preset"]) == (fault, "throttled")
    assert stubbed["stub"]["id"] == stub
    assert refused["path"] is None
    assert "nobody" in refused["refusal"]["reason"]


def test_why_names_the_rules_that_were_not_meant_by_one_thing_alone(asked, v1):
    """Another method, app, option or a path that is nearly it; not what is for something else."""
    near = [
        {"method": "DELETE", "path": "/users"},
        {"path": "/usrs"},
        {"path": "/users", "app": "b"},
        {"path": "/users", "query": {"$top": "9"}},
        {"method": "GET", "path": "/users"},
    ]
    far = [{"method": "DELETE"}, {"path": "/groups"}, {"method": "DELETE", "path": "/usrs"}]
    for match in near + far:
        asked.control("POST", "/faults", {"match": match, "preset": "locked", "times": 1})
    for _ in range(2):
        v1("GET", "users?$top=1", headers=token(appid="a"))
    hit, passed = (asked.control("GET", f"/requests/{number}/why") for number in (1, 2))
    words = [each["difference"] for each in passed["nearMisses"]]
    assert words[:4] == [
        "method is GET, not DELETE",
        "path is /v1.0/users, not /usrs",
        "app is a, not b",
        "$top is 1, not 9",
    ]
    assert words[4].startswith("It matches:")
    assert len(words) == 5
    assert hit["nearMisses"] == passed["nearMisses"][:4]
    assert {each["kind"] for each in passed["nearMisses"]} == {"fault"}
    stub = asked.control("POST", "/stubs", {"match": {"path": "/usrs"}, "json": {}, "check": False})
    assert {"kind": "stub", "id": stub["id"], "difference": words[1]} in asked.control(
        "GET", "/requests/2/why"
    )["nearMisses"]


def test_a_replay_sends_the_same_again_with_its_token(asked, v1):
    v1("POST", "users", PERSON, headers=token(appid="a", roles=["User.ReadWrite.All"]))
    answer = asked.control("POST", "/requests/1/replay", {})
    assert answer["status"] == 400  # the name is taken by now
    again = asked.control("GET", "/requests/2")
    assert again["requestId"] == answer["requestId"]
    assert again["json"]["userPrincipalName"] == "ada@contoso.com"
    assert again["caller"]["appid"] == "a"


def test_a_replay_of_a_body_that_was_not_kept_is_refused(asked, v1):
    v1("POST", "users", PERSON | {"displayName": "A" * 70_000})
    refused = asked.control("POST", "/requests/1/replay", {}, status=409)
    assert "too large" in refused["error"]["message"]


def test_looking_at_graph_leaves_no_trace_and_meets_no_fault(asked, v1):
    v1("POST", "users", PERSON)
    asked.control("POST", "/faults", {"match": {}, "preset": "throttled", "times": None})
    asked.control("DELETE", "/requests")
    answer = asked.client.get("/_fakegraph/look/v1.0/users?$select=displayName&$count=true")
    assert [each["displayName"] for each in answer.json["value"]] == ["Ada"]
    assert summaries(asked)["value"] == []
    wrong = asked.client.get("/_fakegraph/look/v1.0/users?$filter=((")
    assert (wrong.status_code, wrong.json["error"]["code"]) == (400, "BadRequest")
    assert asked.client.post("/_fakegraph/look/v1.0/users", json=PERSON).status_code == 405


@pytest.mark.parametrize("name", ["look", "lookout"])
def test_a_tenant_s_name_is_no_part_of_what_is_looked_at(asked, name):
    asked.tenant(id=name)
    answer = asked.client.get(f"/_fakegraph/tenants/{name}/look/v1.0/users")
    assert (answer.status_code, answer.json["value"]) == (200, [])


EVIL = b"<script>top.document.title='run'</script>"


def test_what_clients_store_is_never_a_page_of_this_server(asked, v1):
    made = v1("POST", "users", PERSON).json["id"]
    item = f"users/{made}/drive/root:/evil.html:/content"
    sent = {**BEARER, "Content-Type": "text/html"}
    stored = asked.client.put(f"/v1.0/{item}", data=EVIL, headers=sent)
    assert stored.status_code == 201, stored.text
    led = asked.client.get(f"/v1.0/{item}", headers=BEARER)
    where = led.headers["Location"].removeprefix("http://localhost")
    name = f"v1.0/users/{made}/displayName/$value"
    answers = [asked.client.get(path) for path in (where, f"/_fakegraph/look/{name}")]
    answers.append(asked.client.get(f"/{name}", headers=BEARER))
    assert answers[0].data == EVIL
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff", answer.text
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def model(asked, path, **expected):
    return asked.control("GET", f"/model/{path}", **expected)


def named(members):
    return {each["name"]: each for each in members}


def test_the_model_says_what_paths_begin_with(asked):
    roots = named(model(asked, "v1.0")["navigation"])
    assert roots["users"] == {"name": "users", "type": "microsoft.graph.user", "many": True}
    assert roots["me"]["many"] is False


def test_the_model_says_what_a_thing_has_and_what_it_takes(asked):
    users = model(asked, "v1.0/users")
    assert (users["template"], users["type"], users["key"]) == (
        "/users",
        "microsoft.graph.user",
        "id",
    )
    properties = named(users["properties"])
    assert properties["businessPhones"]["many"] is True
    assert properties["displayName"]["type"] == "Edm.String"
    assert "delta" in named(users["operations"])
    post = next(each for each in users["methods"] if each["method"] == "POST")
    assert "User.ReadWrite.All" in post["permissions"]["Application"]
    made = asked.client.post("/v1.0/users", json=post["body"], headers=BEARER)
    assert made.status_code == 201, made.text


def test_the_model_says_what_an_item_and_an_action_have(asked):
    user = model(asked, "v1.0/users/ada%2Fx")
    assert (user["kind"], user["many"]) == ("item", False)
    assert named(user["navigation"])["messages"] == {
        "name": "messages",
        "type": "microsoft.graph.message",
        "many": True,
        "contained": True,
    }
    assert named(user["operations"])["sendMail"]["action"] is True
    sending = model(asked, "v1.0/users/ada/sendMail")["methods"][0]
    assert sending["body"]["Message"]["toRecipients"][0]["emailAddress"].keys() == {
        "address",
        "name",
    }
    assert sending["permissions"]["Application"] == ["Mail.Send"]
    importance = named(model(asked, "v1.0/users/ada/messages")["properties"])["importance"]
    assert importance["members"][:3] == ["low", "normal", "high"]


def test_the_model_says_what_is_declared_and_what_is_not_there(asked):
    declared = model(asked, "beta/reports/userCredentialUsageDetails")
    assert "feature" in named(declared["properties"])
    assert declared["methods"][0]["permissions"]
    model(asked, "v1.0/nobody", status=404)
    model(asked, "v9.0/users", status=400)
    model(asked, "v1.0/users?x=1", status=400)


def test_every_template_of_a_body_is_made_for_whatever_can_be_sent_there(asked):
    for path in (
        "groups", "groups/1/members/$ref", "users/1/events", "users/1/messages", "me/drive",
        "me/drive/root/children", "users/1/calendar/getSchedule", "teams", "$batch", "$metadata",
        "users/$count", "users/1/displayName", "users/1/photo/$value", "applications/1/addKey",
    ):  # fmt: skip
        assert model(asked, f"v1.0/{path}")["methods"] is not None, path


def test_a_thing_is_found_by_its_id_and_by_what_else_names_it(asked, v1):
    made = v1("POST", "users", PERSON).json["id"]
    folder = v1("GET", f"users/{made}/mailFolders/inbox").json["id"]
    user = {"path": f"users/{made}", "type": "microsoft.graph.user"}
    for value in (made, made.upper(), "ADA@contoso.com"):
        assert asked.control("GET", f"/find?key={value}") == {"value": [user]}
    near = f"/find?key={folder}&near=users/{made}"
    (inbox,) = asked.control("GET", near)["value"]
    assert inbox["path"] == f"users/{made}/mailFolders/{folder}"
    (same,) = asked.control("GET", f"{near}/mailFolders/{folder}")["value"]
    assert same == inbox
    assert asked.control("GET", "/find?key=nothing") == {"value": []}
    asked.control("GET", "/find", status=400)


def test_a_declared_record_is_found_too(asked):
    made = asked.control("POST", "/records/userCredentialUsageDetails", {})["id"]
    (found,) = asked.control("GET", f"/find?key={made}")["value"]
    assert found["path"] == f"reports/userCredentialUsageDetails/{made}"


SECRET = "a-secret-that-nobody-may-see"
CLIENT = "5f2c6a4e-0000-4000-8000-000000000001"


def sign_in(asked, **form):
    return asked.client.post("/default/oauth2/v2.0/token", data=form)


def test_sign_ins_say_who_how_what_for_and_why_not(asked, v1):
    v1("POST", "users", PERSON)
    wanted = {"client_id": CLIENT, "scope": "https://graph.microsoft.com/.default"}
    given = sign_in(asked, grant_type="client_credentials", client_secret=SECRET, **wanted).json
    sign_in(asked, grant_type="nothing", client_secret=SECRET, **wanted)
    asked.client.get("/default/v2.0/.well-known/openid-configuration")
    mine, refused = asked.control("GET", "/sign-ins")["value"]
    assert (mine["how"], mine["app"], mine["status"]) == ("client_credentials", CLIENT, 200)
    assert mine["tokens"]["access_token"]["appid"] == CLIENT
    assert mine["errorCode"] is None
    assert (refused["how"], refused["status"], refused["tokens"]) == ("nothing", 400, {})
    assert refused["errorCode"] == "unsupported_grant_type"
    everything = asked.client.get("/_fakegraph/sign-ins").text
    assert SECRET not in everything
    for part in given["access_token"].split("."):
        assert part not in everything


def test_tokens_that_graph_was_asked_with_are_told_without_being_shown(asked, v1):
    bearer = token(appid="a", roles=["Mail.Read"])
    v1("GET", "users", headers=bearer)
    v1("GET", "users")
    v1("GET", "users?$top=1", headers=bearer)
    opaque, mine = asked.control("GET", "/sign-ins")["tokens"]
    assert opaque["claims"] is None
    assert (mine["claims"], mine["times"], mine["number"]) == (
        {"appid": "a", "roles": ["Mail.Read"]},
        2,
        3,
    )
    assert (
        bearer["Authorization"].split(".")[1] not in asked.client.get("/_fakegraph/sign-ins").text
    )


def test_a_number_is_as_great_as_is_described(asked):
    document = asked.client.get("/_fakegraph/openapi.json").json
    path = document["paths"]["/_fakegraph/tenants/{tenant}/requests/summaries"]["get"]
    most = {each["name"]: each["schema"]["maximum"] for each in path["parameters"]}
    assert set(most) == {"after", "before", "most"}
    for name, number in most.items():
        asked.control("GET", f"/requests/summaries?{name}={number}")
        asked.control("GET", f"/requests/summaries?{name}={number + 1}", status=400)
