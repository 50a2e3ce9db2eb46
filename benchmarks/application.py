"""What a real application asks: the mixed profile, step by step, of a tenant with ``contoso``.

Whoever asks gives ``Ask``; so the same steps go over HTTP (``mixed.py``) and by a call
(``inside.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

Ask = Callable[[str, str, Any], Any]
"""Method, target and the JSON of a body (None for none) to the JSON of the answer; raises
AssertionError where that is no 2xx."""

_CHOSEN = "id,displayName,mail,jobTitle"
_LIST = f"/v1.0/users?$select={_CHOSEN}&$filter={quote('accountEnabled eq true')}&$top=20"
_EVENT = {
    "subject": "Stand-up",
    "start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2026-03-02T09:15:00", "timeZone": "UTC"},
    "attendees": [{"emailAddress": {"address": "nestor@contoso.com"}, "type": "required"}],
}
_MAIL = {
    "message": {
        "subject": "Your order",
        "body": {"contentType": "text", "content": "It is on its way."},
        "toRecipients": [{"emailAddress": {"address": "somebody@example.com"}}],
    },
    "saveToSentItems": True,
}
_WEEK = "startDateTime=2026-03-02T00:00:00Z&endDateTime=2026-03-09T00:00:00Z"
_IN_BATCH = ("/me", "/users?$top=5", "/groups?$top=5", "/me/messages?$top=5", "/organization")
_BATCH = {
    "requests": [
        {"id": str(number), "method": "GET", "url": url}
        for number, url in enumerate(_IN_BATCH, start=1)
    ]
}
STEPS = (
    *("list of users", "user", "memberOf", "with manager", "page of messages", "calendarView"),
    *("delta", "new event", "change of a user", "sendMail", "batch of five"),
)


class Application:
    """An application that does the same round after round."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        found = ask("GET", _LIST, None)["value"]
        assert len(found) > 4, found
        self._user = f"/v1.0/users/{found[1]['id']}"
        self._delta = self._to_the_end("/v1.0/users/delta?$select=displayName")
        self._turn = 0

    def _to_the_end(self, target: str) -> str:
        """The target that asks what has changed since."""
        while True:
            page = self._ask("GET", target, None)
            link = page.get("@odata.nextLink") or page["@odata.deltaLink"]
            target = "/" + link.partition("://")[2].partition("/")[2]
            if "@odata.deltaLink" in page:
                return target

    def _changes(self) -> None:
        self._delta = self._to_the_end(self._delta)

    def _events(self) -> None:
        """A new event, which goes again: rounds are to find the same."""
        made = self._ask("POST", "/v1.0/me/events", _EVENT)
        self._last = made["id"]

    def _change(self) -> None:
        self._turn += 1
        self._ask("PATCH", self._user, {"jobTitle": f"Title {self._turn % 100}"})

    def _batch(self) -> None:
        found = self._ask("POST", "/v1.0/$batch", _BATCH)["responses"]
        assert [each["status"] for each in found] == [200] * len(_IN_BATCH), found

    def _get(self, target: str) -> Callable[[], Any]:
        return lambda: self._ask("GET", target, None)

    def steps(self) -> Mapping[str, Callable[[], Any]]:
        """What it does, by name, in turn."""
        ask, user = self._ask, self._user
        does = (
            self._get(_LIST),
            self._get(user),
            self._get(f"{user}/memberOf"),
            self._get(f"{user}?$expand=manager($select=id,displayName)"),
            self._get("/v1.0/me/messages?$top=10&$select=subject,from,receivedDateTime"),
            self._get(f"/v1.0/me/calendarView?{_WEEK}"),
            self._changes,
            self._events,
            self._change,
            lambda: ask("POST", "/v1.0/me/sendMail", _MAIL),
            self._batch,
        )
        return dict(zip(STEPS, does, strict=True))

    def tidy(self) -> None:
        """Take away what a round has made, so that the next one finds the same."""
        self._ask("DELETE", f"/v1.0/me/events/{self._last}", None)

    def rounds(self, number: int) -> Iterator[tuple[str, Callable[[], Any]]]:
        """The steps of so many rounds, in turn."""
        for _ in range(number):
            yield from self.steps().items()
            self.tidy()
