"""Many kinds of changes to contoso, as clients make them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

ADA = "ada.abara001@contoso.onmicrosoft.com"
BOB = "aiko.dvorak002@contoso.com"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080600000001f15c48")
ROOT = "https://graph.microsoft.com/v1.0"
PNG_TYPE, TEXT_TYPE = {"Content-Type": "image/png"}, {"Content-Type": "text/plain"}
ATTACHED = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "a.png",
    "contentBytes": b64encode(PNG).decode(),
}


class Changes:
    """Asks one tenant for changes; each has to be made."""

    def __init__(self, client: Any, base: str) -> None:
        self._client, self._base = client, base
        self.ada = self.get(f"users/{ADA}")
        self.bob = self.get(f"users/{BOB}")
        self.to = [{"emailAddress": {"address": BOB}}]

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = more.pop("headers", {})
        given = {"json": body} if isinstance(body, dict) else {"data": body}
        url = f"{self._base}/v1.0/{path}"
        answer = self._client.open(url, method=method, headers=headers, **given)
        assert 200 <= answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.get_json(silent=True) or {}

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("PATCH", path, body, headers=headers)

    def put(self, path: str, data: Any, headers: Any = TEXT_TYPE) -> Any:
        return self.ask("PUT", path, data, headers=headers)

    def delete(self, path: str) -> None:
        self.ask("DELETE", path)

    def refer(self, path: str, id_: str, kind: str = "directoryObjects") -> None:
        self.post(path, {"@odata.id": f"{ROOT}/{kind}/{id_}"})

    def all(self) -> None:
        """Make all of them."""
        self.mail()
        self.calendars()
        self.contacts_and_tasks()
        self.files()
        self.sites()
        self.teams()
        self.plans()
        self.directory()
        self.noted()
        self.deleted()

    def mail(self) -> None:
        message = {
            "subject": "Sent",
            "body": {"content": "<b>x</b>", "contentType": "html"},
            "toRecipients": self.to,
            "attachments": [ATTACHED],
        }
        self.post("me/sendMail", {"message": message})
        draft = self.post("me/messages", {"subject": "Draft", "toRecipients": self.to})["id"]
        self.post(f"me/messages/{draft}/attachments", ATTACHED)
        self.post(f"me/messages/{draft}/send", {})
        folder = self.post("me/mailFolders", {"displayName": "Projects"})["id"]
        deep = self.post(f"me/mailFolders/{folder}/childFolders", {"displayName": "Deep"})["id"]
        found = self.get("me/mailFolders/inbox/messages?$top=6")["value"]
        inbox = [f"me/messages/{each['id']}" for each in found]
        self.post(f"{inbox[0]}/move", {"destinationId": deep})
        self.post(f"{inbox[1]}/copy", {"destinationId": folder})
        self.delete(inbox[2])
        self.post(f"{inbox[3]}/permanentDelete", {})
        flag = {"flagStatus": "flagged"}
        self.patch(inbox[4], {"isRead": True, "categories": ["Red"], "flag": flag})
        self.post(f"{inbox[4]}/reply", {"comment": "Yes"})
        self.post(f"{inbox[5]}/forward", {"comment": "See", "toRecipients": self.to})
        kind = "microsoft.graph.openTypeExtension"
        extension = {"@odata.type": kind, "extensionName": "com.x", "a": 1}
        self.post(f"{inbox[4]}/extensions", extension)
        color = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color"
        extended = {"singleValueExtendedProperties": [{"id": color, "value": "Green"}]}
        self.patch(inbox[4], extended)
        rule = {"displayName": "r", "sequence": 2, "actions": {"markAsRead": True}}
        self.post("me/mailFolders/inbox/messageRules", rule)
        self.post("me/outlook/masterCategories", {"displayName": "Mine", "color": "preset3"})
        search = {
            "@odata.type": "microsoft.graph.mailSearchFolder",
            "displayName": "W",
            "includeNestedFolders": True,
            "sourceFolderIds": ["inbox"],
            "filterQuery": "contains(subject, 'e')",
        }
        self.post("me/mailFolders/inbox/childFolders", search)
        away = {"status": "alwaysEnabled", "internalReplyMessage": "away"}
        self.patch("me/mailboxSettings", {"timeZone": "UTC", "automaticRepliesSetting": away})

    def calendars(self) -> None:
        def times(day: int, hour: int) -> dict[str, Any]:
            said = ((f"2024-07-{day:02}T{at:02}:00:00", "UTC") for at in (hour, hour + 1))
            start, end = ({"dateTime": when, "timeZone": zone} for when, zone in said)
            return {"start": start, "end": end}

        numbered = {"type": "numbered", "startDate": "2024-07-01", "numberOfOccurrences": 5}
        daily = {"pattern": {"type": "daily", "interval": 1}, "range": numbered}
        who = [{"emailAddress": {"address": BOB}, "type": "required"}]
        series = {"subject": "Series", "attendees": who, "recurrence": daily, **times(1, 10)}
        id_ = self.post("me/events", series)["id"]
        window = "startDateTime=2024-06-30T00:00:00Z&endDateTime=2024-07-20T00:00:00Z"
        inside = self.get(f"me/events/{id_}/instances?{window}")["value"]
        self.patch(f"me/events/{inside[1]['id']}", {"subject": "Moved", **times(2, 14)})
        self.delete(f"me/events/{inside[2]['id']}")
        theirs = self.get(f"users/{BOB}/events?$filter=subject eq 'Series'")["value"][0]["id"]
        self.post(f"users/{BOB}/events/{theirs}/accept", {"comment": "ok", "sendResponse": True})
        travel = self.post("me/calendars", {"name": "Travel"})["id"]
        group = self.post("me/calendarGroups", {"name": "G"})["id"]
        self.post(f"me/calendarGroups/{group}/calendars", {"name": "InG"})
        online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
        trip = {"subject": "Trip", **times(3, 10), **online}
        id_ = self.post(f"me/calendars/{travel}/events", trip)["id"]
        self.post(f"me/events/{id_}/attachments", ATTACHED)
        permission = {"emailAddress": {"address": BOB, "name": "A"}, "role": "read"}
        self.post("me/calendar/calendarPermissions", permission)
        meeting = {"startDateTime": "2024-07-12T14:30:34Z", "endDateTime": "2024-07-12T15:00:34Z"}
        self.post("me/onlineMeetings", {"subject": "Online", **meeting})

    def contacts_and_tasks(self) -> None:
        folder = self.post("me/contactFolders", {"displayName": "Friends"})["id"]
        rosa = {"givenName": "Rosa", "emailAddresses": [{"address": "r@x.com", "name": "r"}]}
        id_ = self.post(f"me/contactFolders/{folder}/contacts", rosa)["id"]
        self.put(f"me/contactFolders/{folder}/contacts/{id_}/photo/$value", PNG, PNG_TYPE)
        tasks = f"me/todo/lists/{self.post('me/todo/lists', {'displayName': 'L'})['id']}/tasks"
        without_end = {"type": "noEnd", "startDate": "2024-07-01"}
        daily = {"pattern": {"type": "daily", "interval": 1}, "range": without_end}
        due = {"dateTime": "2024-07-01T00:00:00", "timeZone": "UTC"}
        task = {"title": "T", "recurrence": daily, "dueDateTime": due}
        id_ = self.post(tasks, task)["id"]
        self.post(f"{tasks}/{id_}/checklistItems", {"displayName": "first"})
        linked = {"displayName": "x", "applicationName": "app", "webUrl": "http://x.com"}
        self.post(f"{tasks}/{id_}/linkedResources", linked)
        self.patch(f"{tasks}/{id_}", {"status": "completed"})

    def files(self) -> None:
        for text in (b"one", b"two"):
            self.put("me/drive/root:/New/a.txt:/content", text)
        item = f"me/drive/items/{self.get('me/drive/root:/New/a.txt')['id']}"
        self.post(f"{item}/createLink", {"type": "view", "scope": "organization"})
        invited = {"recipients": [{"email": BOB}], "roles": ["write"], "requireSignIn": True}
        self.post(f"{item}/invite", {**invited, "sendInvitation": False})
        self.post(f"{item}/copy", {"name": "b.txt"})
        self.put("me/drive/root:/New/gone.txt:/content", b"gone")
        self.delete(f"me/drive/items/{self.get('me/drive/root:/New/gone.txt')['id']}")
        self.post(f"{item}/follow", {})
        self.post(f"{item}/checkout", {})
        self.post("me/drive/root:/New/up.bin:/createUploadSession", {"item": {}})

    def sites(self) -> None:
        groups = self.get("groups?$top=40")["value"]
        self.group = next(each["id"] for each in groups if "Unified" in each["groupTypes"])
        site = f"sites/{self.get(f'groups/{self.group}/sites/root')['id']}"
        columns = [{"name": "Color", "text": {}}, {"name": "N", "number": {}}]
        things = {"displayName": "Things", "columns": columns, "list": {"template": "genericList"}}
        list_ = f"{site}/lists/{self.post(f'{site}/lists', things)['id']}"
        one = self.post(f"{list_}/items", {"fields": {"Title": "A", "Color": "red"}})["id"]
        self.patch(f"{list_}/items/{one}/fields", {"Color": "blue"})
        other = self.post(f"{list_}/items", {"fields": {"Title": "B"}})["id"]
        self.delete(f"{list_}/items/{other}")
        self.post(f"{list_}/columns", {"name": "More", "choice": {"choices": ["a", "b"]}})
        self.post(f"{site}/columns", {"name": "SiteCol", "text": {}})
        base = {"id": "0x01", "name": "Item"}
        self.post(f"{site}/contentTypes", {"name": "CT", "base": base, "group": "x"})
        app = {"id": "89ea5c94-7736-4e25-95ad-3fa95f62b66e", "displayName": "App"}
        granted = {"roles": ["write"], "grantedToIdentities": [{"application": app}]}
        self.post(f"{site}/permissions", granted)
        drive = f"groups/{self.group}/drive"
        self.put(f"{drive}/root:/g.txt:/content", b"g")
        id_ = self.get(f"{drive}/root:/g.txt")["id"]
        self.patch(f"{drive}/items/{id_}/listItem/fields", {"Title": "G"})

    def teams(self) -> None:
        team = f"teams/{self.get('me/joinedTeams')['value'][0]['id']}"
        channel = {"displayName": "Chan", "membershipType": "standard"}
        messages = f"{team}/channels/{self.post(f'{team}/channels', channel)['id']}/messages"
        kind = "#microsoft.graph.aadUserConversationMember"

        def member(id_: str) -> dict[str, Any]:
            user = f"{ROOT}/users('{id_}')"
            return {"@odata.type": kind, "user@odata.bind": user, "roles": ["owner"]}

        private = {"displayName": "Priv", "membershipType": "private"}
        self.post(f"{team}/channels", {**private, "members": [member(self.ada["id"])]})
        first = self.post(messages, {"body": {"content": "Hi"}})["id"]
        self.post(f"{messages}/{first}/replies", {"body": {"content": "Re"}})
        self.post(f"{messages}/{first}/setReaction", {"reactionType": "💘"})
        image = {"@microsoft.graph.temporaryId": "1", "contentType": "image/png"}
        image["contentBytes"] = b64encode(PNG).decode()
        html = {"content": '<img src="../hostedContents/1/$value">', "contentType": "html"}
        other = self.post(messages, {"body": html, "hostedContents": [image]})["id"]
        self.post(f"{messages}/{other}/softDelete", {})
        app = f"{ROOT}/appCatalogs/teamsApps/com.microsoft.teamspace.tab.web"
        shown = {"contentUrl": "https://x.com", "websiteUrl": "https://x.com"}
        tab = {"displayName": "Tab", "teamsApp@odata.bind": app, "configuration": shown}
        self.post(messages.replace("messages", "tabs"), tab)
        self.post(f"{team}/tags", {"displayName": "Tag", "members": [{"userId": self.ada["id"]}]})
        both = [member(self.ada["id"]), member(self.bob["id"])]
        gone = {"chatType": "group", "topic": "Gone", "members": both}
        self.delete(f"chats/{self.post('chats', gone)['id']}")
        chat = self.post("chats", {"chatType": "oneOnOne", "members": both})["id"]
        self.post(f"chats/{chat}/messages", {"body": {"content": "Hello"}})

    def plans(self) -> None:
        container = {"url": f"{ROOT}/groups/{self.group}"}
        plan = self.post("planner/plans", {"container": container, "title": "P"})["id"]
        bucket = self.post("planner/buckets", {"name": "B", "planId": plan})["id"]
        kind = "#microsoft.graph.plannerAssignment"
        who = {self.ada["id"]: {"@odata.type": kind, "orderHint": " !"}}
        task = {"planId": plan, "bucketId": bucket, "title": "Task", "assignments": who}
        details = f"planner/tasks/{self.post('planner/tasks', task)['id']}/details"
        tag = self.get(details)["@odata.etag"]
        self.patch(details, {"description": "d"}, **{"If-Match": tag})

    def directory(self) -> None:
        made = self.post("applications", {"displayName": "App"})
        app = f"applications/{made['id']}"
        self.post(f"{app}/addPassword", {"passwordCredential": {"displayName": "s"}})
        self.post("servicePrincipals", {"appId": made["appId"]})
        self.refer(f"{app}/owners/$ref", self.ada["id"])
        trusted = {"issuer": "https://x.com", "subject": "s"}
        audiences = {"audiences": ["api://AzureADTokenExchange"]}
        self.post(f"{app}/federatedIdentityCredentials", {"name": "f", **trusted, **audiences})
        self.put(f"{app}/logo", PNG, PNG_TYPE)
        self.new = self.user("new")
        self.put(f"users/{self.new}/photo/$value", PNG, PNG_TYPE)
        manager = {"@odata.id": f"{ROOT}/users/{self.ada['id']}"}
        self.ask("PUT", f"users/{self.new}/manager/$ref", manager)
        unified = self.unified("ng")
        self.refer(f"groups/{unified}/members/$ref", self.new)
        post = {"body": {"contentType": "html", "content": "x"}}
        threads = {"topic": "C", "threads": [{"topic": "C", "posts": [post]}]}
        self.post(f"groups/{unified}/conversations", threads)
        kind = "#microsoft.graph.iPv4CidrRange"
        ranges = [{"@odata.type": kind, "cidrAddress": "192.0.2.0/24"}]
        named = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "NL"}
        self.post("identity/conditionalAccess/namedLocations", {**named, "ipRanges": ranges})
        self.post("directory/administrativeUnits", {"displayName": "Unit"})
        invited = {
            "invitedUserEmailAddress": "x@fabrikam.com",
            "inviteRedirectUrl": "https://x.com",
        }
        self.post("invitations", invited)
        properties = [{"name": "a", "type": "String"}]
        schema = {"id": "extx", "description": "d", "targetTypes": ["Group"]}
        self.post("schemaExtensions", {**schema, "owner": made["appId"], "properties": properties})
        self.patch("me", {"mobilePhone": "+1 2", "department": None})
        phone = {"phoneNumber": "+1 2065555555", "phoneType": "mobile"}
        self.post("me/authentication/phoneMethods", phone)
        subscription = {"changeType": "created", "notificationUrl": "http://127.0.0.1:9/x"}
        subscription |= {"resource": "me/messages", "expirationDateTime": "2031-01-01T00:00:00Z"}
        url = f"/_fakegraph{self._base}/records/subscriptions"
        assert self._client.post(url, json=subscription).status_code == 201

    def noted(self) -> None:
        apps = "deviceAppManagement/mobileApps"
        kind = "#microsoft.graph.win32LobApp"
        record = {"@odata.type": kind, "id": "a", "contentVersions": [{"id": "v"}]}
        url = f"/_fakegraph{self._base}/records/{apps}"
        assert self._client.post(url, json=record).status_code == 201
        file = {"name": "a.bin", "size": 8, "sizeEncrypted": 10}
        self.post(f"{apps}/a/contentVersions/v/files", file)
        text = {"name": "systemDefaultText", "value": "t"}
        topic = {"source": "text", "value": "T", "webUrl": "https://teams.microsoft.com/l/x"}
        said = {"activityType": "systemDefault", "previewText": {"content": "p"}, "topic": topic}
        whom = f"users/{self.ada['id']}/teamwork/sendActivityNotification"
        self.post(whom, {**said, "templateParameters": [text]})

    def user(self, name: str) -> str:
        said = {"displayName": name, "mailNickname": name, "accountEnabled": True}
        password = {"passwordProfile": {"password": "Xyz12345!"}}
        upn = {"userPrincipalName": f"{name}@contoso.com"}
        return str(self.post("users", {**said, **upn, **password})["id"])

    def unified(self, name: str) -> str:
        mail = {"mailEnabled": True, "mailNickname": name, "securityEnabled": False}
        said = {"displayName": name, "groupTypes": ["Unified"], **mail}
        return str(self.post("groups", said)["id"])

    def deleted(self) -> None:
        gone = self.user("gone")
        self.refer(f"groups/{self.group}/members/$ref", gone)
        self.post(f"users/{gone}/messages", {"subject": "of who is gone"})
        self.put(f"users/{gone}/drive/root:/x.txt:/content", b"x")
        self.delete(f"users/{gone}")
        group = self.unified("dg")
        self.refer(f"groups/{group}/owners/$ref", self.ada["id"])
        self.delete(f"groups/{group}")
        self.delete(f"applications/{self.post('applications', {'displayName': 'Gone'})['id']}")
