"""Subscriptions to changes: ``/subscriptions``.

What can be subscribed to is in ``resources.py``; who is asked whether the notifications are wanted,
and told of changes, is in ``fakegraph/changes/``.
https://learn.microsoft.com/graph/api/resources/subscription
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.changes.lifecycle import REAUTHORIZED, SUBSCRIBER
from fakegraph.errors import GraphError, Problem, refused
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.directory.role_templates import GLOBAL_ADMINISTRATOR
from fakegraph.workloads.handed import Asker, Making, Reading
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.subscriptions.resources import SECURED
from fakegraph.workloads.words import Words

_PAYLOAD = (
    "Could not process subscription creation payload. Are all property names spelled and "
    "camelCased properly?"
)
_MADE_ONCE = frozenset(
    {
        "resource",
        "changeType",
        "clientState",
        "includeResourceData",
        "lifecycleNotificationUrl",
        "notificationQueryOptions",
        "notificationUrlAppId",
        "latestSupportedTlsVersion",
    }
)


class SubscriptionWords(Words):
    """What the service says of subscriptions."""

    bad = "InvalidRequest"

    def not_found(self, type_name: str, key: str) -> GraphError:
        """Also of one that has expired, or is another application's."""
        return GraphError(404, "ResourceNotFound", "The object was not found.")

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        """One at a time, in these words."""
        said = f"{{}} is a required property for {type_name} creation"
        return refused([Problem(said.format(name), name, self.bad) for name in names])

    def unread(self, error: GraphError) -> GraphError:
        """In the same words as what has another property."""
        return error if error.status != 400 else self.invalid([Problem(error.message)])

    def invalid(self, problems: Sequence[Problem]) -> GraphError:
        """The service does not say which property it could not read: the rest is ours."""
        first, *others = problems
        said = Problem(f"{_PAYLOAD} {first.message}", first.target, self.bad)
        return refused([said, *(Problem(e.message, e.target, self.bad) for e in others)])

    def read_only(self, type_name: str, names: Sequence[str]) -> GraphError:
        """What stays as it was made."""
        said = "Property '{}' of a subscription cannot be set, or not be changed."
        return refused([Problem(said.format(name), name, self.bad) for name in names])


WORKLOAD = Workload(
    "subscriptions",
    types=("subscription",),
    paths=("/subscriptions",),
    words=SubscriptionWords(),
    nulls=True,
    statuses={"PATCH": 200},
)


def _creator(making: Making) -> Any:
    """Who made it: the user, or the service principal of the application that asks."""
    user = making.by().get("user", {}).get("id")
    if user is not None or not making.app:
        return user
    for each in making.there("servicePrincipals"):
        if str(each.get("appId", "")).casefold() == making.app.casefold():
            return each["id"]
    return making.app


def _checked_state(record: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Raise GraphError (400) for a state that is too long."""
    state = record.get("clientState")
    if state is not None and len(state) > _LONGEST_STATE:
        message = f"clientState has at most {_LONGEST_STATE} characters."
        raise GraphError(400, "InvalidRequest", message, "clientState")


def _checked_tls(record: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Raise GraphError (400) for a version of TLS that is none."""
    said = record.get("latestSupportedTlsVersion")
    if said is not None and said not in _TLS:
        message = f"latestSupportedTlsVersion '{said}' is none of {', '.join(_TLS)}."
        raise GraphError(400, "InvalidRequest", message, "latestSupportedTlsVersion")


def _unqueried(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for options: subscriptions take none.

    https://learn.microsoft.com/graph/api/subscription-list#optional-query-parameters
    """
    for name in options:
        if name not in ("skiptoken", "format"):
            message = f"The query parameter '${name}' is not supported for subscriptions."
            raise GraphError(400, "BadRequest", message, f"${name}")


_TLS = ("v1_0", "v1_1", "v1_2", "v1_3")
_LONGEST_STATE = 128
_OF_ALL_APPS = "Subscription.Read.All"


def _is_theirs(reading: Reading, asker: Asker) -> bool:
    """Whether a subscription is one of the app that asks, and of the user for whom it does.

    An administrator has those of all users, and who has the permission those of all apps. What no
    app made, a test say, is everybody's; who names no app has everybody's.
    https://learn.microsoft.com/graph/api/subscription-list
    """
    app, user = reading.record.get("applicationId"), reading.record.get(SUBSCRIBER)
    if not app or not asker.app:
        return True
    of_all = _OF_ALL_APPS in asker.granted and not asker.app_only
    if not of_all and str(app).casefold() != asker.app.casefold():
        return False
    if asker.app_only or not asker.user or str(user).casefold() == asker.user.casefold():
        return True
    return GLOBAL_ADMINISTRATOR in asker.roles()


SUBSCRIPTION = Type(
    "subscription",
    required=("changeType", "notificationUrl", "resource", "expirationDateTime"),
    read_only=frozenset({"id", "applicationId", "creatorId"}),
    immutable=_MADE_ONCE,
    defaults={"latestSupportedTlsVersion": "v1_2"},
    generated={
        "applicationId": lambda making: making.app or None,
        "creatorId": _creator,
        SUBSCRIBER: lambda making: making.by().get("user", {}).get("id"),
        REAUTHORIZED: lambda making: making.now,
    },
    refuses=(_checked_state, _checked_tls),
    queries=(_unqueried,),
    unlisted=frozenset({"clientState"}),
    subscribes=True,
    theirs=_is_theirs,
    seeded={
        **{name: lambda value: isinstance(value, str) for name in (SUBSCRIBER, REAUTHORIZED)},
        SECURED: lambda value: isinstance(value, bool),
    },
)


@operation("subscription/reauthorize")
def reauthorize(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/subscription-reauthorize"""
    call.change(call.thing, {REAUTHORIZED: call.now})


def register(declarations: Declarations) -> None:
    """Add what is declared of subscriptions."""
    declarations.add(
        WORKLOAD,
        SUBSCRIPTION,
        Navigation("subscriptions", documented=frozenset({"POST"})),
        reauthorize,
    )
