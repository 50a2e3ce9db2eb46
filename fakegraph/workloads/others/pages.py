"""What the pages of things say of their properties, where nothing else here is about these things:
which of them a body must have, which the service alone sets, and what they are at first.

https://learn.microsoft.com/graph/api/overview
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Making, Reading
from fakegraph.workloads.operations import Call

_TIMES = frozenset({"createdDateTime", "lastModifiedDateTime"})
_NEVER = "0001-01-01T00:00:00Z"


def _by(making: Making) -> Any:
    return making.by()


def _now(making: Making) -> str:
    return making.now


_MODIFIER = {"lastModifiedBy": _by}


def _linked(type_: str, *navigation: str) -> Callable[[Making], None]:
    """A check that a body says these, which lead to other things."""

    def check(making: Making) -> None:
        """Raise GraphError (400) for a body that does not."""
        said = {name.partition("@")[0] for name in making.related}
        missing = [name for name in navigation if name not in said]
        if making.before is None and not making.plants and missing:
            message = f"A value is required for property '{missing[0]}' of '{type_}'."
            raise bad_request(message, missing[0])

    return check


# External connections -------------------------------------------------------------------------

_CONNECTION = re.compile(r"[A-Za-z0-9]{3,32}")
_RESERVED = frozenset(
    (
        *("none", "directory", "exchange", "exchangearchive", "linkedin", "mailbox"),
        *("onedrivebusiness", "sharepoint", "teams", "yammer", "connectors", "taskfabric"),
        *("powerbi", "assistant", "topicengine", "msft_all_connectors"),
    )
)
_LONGEST_NAME = 128
_BASE = "microsoft.graph.externalitem"
_MOST = 128
_PROPERTY = re.compile(r"[A-Za-z0-9]{1,32}")
_SEARCHABLE = frozenset({"string", "stringCollection"})


def _check_connection(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for an id or a name that no connection can have."""
    id_, name = str(record.get("id") or ""), str(record.get("name") or "")
    if before is None and (
        not _CONNECTION.fullmatch(id_)
        or id_.casefold().startswith("microsoft")
        or id_.casefold() in _RESERVED
    ):
        raise bad_request(
            f"'{id_}' cannot be the id of a connection: it has 3 to 32 letters and digits, does "
            "not begin with 'Microsoft', and is no name of a service, as 'Exchange' is.",
            "id",
        )
    if len(name) > _LONGEST_NAME:
        raise bad_request(f"'name' has {_LONGEST_NAME} characters at most.", "name")


def _check_schema(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a schema that no connection can have."""
    if str(record.get("baseType")).casefold() != _BASE:
        message = "'baseType' of a schema is 'microsoft.graph.externalItem'."
        raise bad_request(message, "baseType")
    properties = list(record.get("properties") or ())
    if not 1 <= len(properties) <= _MOST:
        message = f"A schema has 1 to {_MOST} properties; this one has {len(properties)}."
        raise bad_request(message, "properties")
    for each in properties:
        _check_property(each)
    names = [str(each["name"]).casefold() for each in properties]
    if len(set(names)) < len(names):
        raise bad_request("No two properties of a schema have the same name.", "properties/name")


def _check_property(said: Record) -> None:
    name = str(said.get("name") or "")
    for each in (name, *map(str, said.get("aliases") or ())):
        if not _PROPERTY.fullmatch(each):
            message = f"'{each}' is no name of a property: these are 1 to 32 letters and digits."
            raise bad_request(message, "properties/name")
    if said.get("isSearchable") and said.get("type") not in _SEARCHABLE:
        message = f"Only texts are searchable, and '{name}' is '{said.get('type')}'."
        raise bad_request(message, "properties/isSearchable")


def _state(reading: Reading) -> str | None:
    """A connection is ready once it has a schema, unless a seed says something else of it."""
    if reading.record.get("state"):
        return None
    return "ready" if reading.how_many("externalConnectors.externalConnection/schema") else "draft"


_REGISTERED = "@registered"


def _operation(making: Making) -> str:
    connection = (making.owner or {}).get("id")
    return f"external/connections/{connection}/operations/{making.new_id()}"


def _registered(call: Call, schema: Record, before: Record | None) -> None:
    """The operation that registers a schema is done at once."""
    connection = call.owner(call.thing)
    where = str(call.thing.record.get(_REGISTERED))
    if connection is not None:
        call.add(
            connection,
            "operations",
            {"id": where.rpartition("/")[2], "status": "completed", "error": None},
        )


def _accepted(schema: Record) -> dict[str, str]:
    return {"Location": f"{{root}}/{schema.get(_REGISTERED)}"}


_CONNECTIONS = (
    # https://learn.microsoft.com/graph/api/resources/externalconnectors-externalconnection
    Type(
        "externalConnectors.externalConnection",
        required=("id", "name"),
        read_only=frozenset({"state"}),
        chosen=frozenset({"id"}),
        refuses=(_check_connection,),
        computed={"state": _state},
    ),
    # https://learn.microsoft.com/graph/api/externalconnectors-externalconnection-patch-schema
    Type(
        "externalConnectors.schema",
        refuses=(_check_schema,),
        generated={_REGISTERED: _operation},
        changed={_REGISTERED: _operation},
        accepted=_accepted,
        follows=_registered,
    ),
    # https://learn.microsoft.com/graph/api/externalconnectors-externalconnection-put-items
    Type("externalConnectors.externalItem", required=("acl", "properties")),
)

# Learning --------------------------------------------------------------------------------------

_LOGOS = tuple(
    f"{shape}LogoWebUrlFor{theme}Theme"
    for shape in ("long", "square")
    for theme in ("Dark", "Light")
)


def _provider(making: Making) -> Any:
    return making.record.get("learningProviderId") or (making.owner or {}).get("id")


_LEARNING = (
    # https://learn.microsoft.com/graph/api/employeeexperience-post-learningproviders
    Type("learningProvider", required=("displayName", *_LOGOS)),
    # https://learn.microsoft.com/graph/api/resources/learningcontent
    Type(
        "learningContent",
        required=("title", "contentWebUrl", "externalId", "languageTag"),
        defaults={"isActive": True, "isPremium": False, "isSearchable": True},
    ),
    # https://learn.microsoft.com/graph/api/resources/learningcourseactivity
    Type(
        "learningCourseActivity",
        required=("learnerUserId", "learningContentId", "status"),
        generated={"learningProviderId": _provider},
    ),
)

# Events ----------------------------------------------------------------------------------------


_OF_USERS = {"userId": "id", "firstName": "givenName", "lastName": "surname", "email": "mail"}


def _registrant(name: str) -> Callable[[Making], Any]:
    """What a registration says of whom it is of, who is signed in where it says nothing."""

    def say(making: Making) -> Any:
        said = making.record.get(name)
        return _of_caller(making, name) if said is None and not making.plants else said

    return say


def _of_caller(making: Making, name: str) -> Any:
    user = making.by().get("user") or {}
    known = making.others.find("users", "id", user.get("id")) if making.others else None
    return None if known is None else known.get(_OF_USERS[name])


_EVENTS = (
    # https://learn.microsoft.com/graph/api/virtualeventsroot-post-webinars
    Type(
        "virtualEvent",
        read_only=frozenset({"createdBy", "status"}),
        defaults={"status": "draft"},
        generated={"createdBy": _by},
    ),
    # https://learn.microsoft.com/graph/api/virtualeventwebinar-post-registrations
    Type(
        "virtualEventRegistration",
        required=("preferredTimezone", "preferredLanguage"),
        read_only=frozenset({"cancelationDateTime", "registrationDateTime", "status", "userId"}),
        defaults={"status": "registered", "cancelationDateTime": None},
        generated={
            "registrationDateTime": _now,
            **{name: _registrant(name) for name in _OF_USERS},
        },
    ),
)

# Browsers --------------------------------------------------------------------------------------


def _edited(call: Call, changes: Record) -> Record:
    """A site that was published is to be published anew when a body changes it."""
    was_published = call.record.get("status") == "published"
    return {**changes, "status": "pendingEdit"} if was_published else changes


_BROWSERS = (
    # https://learn.microsoft.com/graph/api/internetexplorermode-post-sitelists
    Type(
        "browserSiteList",
        required=("displayName", "description"),
        read_only=frozenset({"publishedBy", "publishedDateTime", "status", "lastModifiedBy"}),
        defaults={
            "status": "draft",
            "revision": "",
            "publishedDateTime": None,
            "publishedBy": None,
        },
        generated=_MODIFIER,
        changed=_MODIFIER,
    ),
    # https://learn.microsoft.com/graph/api/browsersitelist-post-sites
    Type(
        "browserSite",
        required=(
            *("allowRedirect", "comment", "compatibilityMode", "mergeType", "targetEnvironment"),
            "webUrl",
        ),
        read_only=frozenset({"status", "lastModifiedBy", "history", "deletedDateTime"}),
        defaults={"status": "pendingAdd", "deletedDateTime": None, "history": []},
        generated=_MODIFIER,
        changed=_MODIFIER,
        amends=_edited,
    ),
)

# Cases, labels, events of retention ------------------------------------------------------------


def _called(making: Making) -> Any:
    """The name of the user who has that address."""
    address = making.record.get("email")
    known = making.others.find("users", "userPrincipalName", address) if making.others else None
    return making.record.get("displayName") or (known or {}).get("displayName")


_SECURITY = (
    # https://learn.microsoft.com/graph/api/security-casesroot-post-ediscoverycases
    Type(
        "security.ediscoveryCase",
        required=("displayName",),
        read_only=frozenset({"status", "closedBy", "closedDateTime", "lastModifiedBy"}),
        defaults={"status": "active", "closedBy": None, "lastModifiedBy": None},
    ),
    # https://learn.microsoft.com/graph/api/security-ediscoverycase-post-custodians
    Type(
        "security.ediscoveryCustodian",
        required=("email",),
        read_only=frozenset({"status", "holdStatus", "releasedDateTime"}),
        defaults={
            "status": "active",
            "releasedDateTime": None,
            "acknowledgedDateTime": _NEVER,
        },
        generated={"displayName": _called},
    ),
    # https://learn.microsoft.com/graph/api/security-labelsroot-post-retentionlabel
    Type(
        "security.retentionLabel",
        required=("displayName",),
        unique=("displayName",),
        read_only=frozenset({"createdBy", "isInUse", "lastModifiedBy"}),
        defaults={"isInUse": False},
        generated={"createdBy": _by},
    ),
)

# What is governed ------------------------------------------------------------------------------


def _check_scheduling(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a workflow that is to run by itself, and may not run."""
    if record.get("isSchedulingEnabled") and record.get("isEnabled") is False:
        message = "'isSchedulingEnabled' can't be true for a workflow that is not enabled."
        raise bad_request(message, "isSchedulingEnabled")


_GOVERNED = (
    # https://learn.microsoft.com/graph/api/termsofusecontainer-post-agreements
    Type("agreement", required=("displayName", "isViewingBeforeAcceptanceRequired")),
    # https://learn.microsoft.com/graph/api/identitygovernance-lifecycleworkflowscontainer-post-workflows
    Type(
        "identityGovernance.workflowBase",
        read_only=_TIMES,
        required=("category", "displayName", "executionConditions"),
        refuses=(_check_scheduling,),
    ),
    Type(
        "identityGovernance.workflow",
        read_only=frozenset({"deletedDateTime", "nextScheduleRunDateTime", "version"}),
        checks=(_linked("workflow", "tasks"),),
    ),
    # https://learn.microsoft.com/graph/api/resources/identitygovernance-task
    Type("identityGovernance.task", required=("displayName", "taskDefinitionId")),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventsflow
    Type("authenticationEventsFlow", required=("displayName",)),
    Type(
        "externalUsersSelfServiceSignUpEventsFlow",
        required=("onAuthenticationMethodLoadStart", "onInteractiveAuthFlowStart"),
    ),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventlistener
    *(
        Type(f"on{kind}Listener", required=("handler",))
        for kind in (
            *("AttributeCollection", "AuthenticationMethodLoadStart", "InteractiveAuthFlowStart"),
            "UserCreateStart",
        )
    ),
    # https://learn.microsoft.com/graph/api/resources/verifiedidprofile
    Type(
        "verifiedIdProfile",
        required=("name", "description", "verifierDid", "verifiedIdUsageConfigurations"),
    ),
    # https://learn.microsoft.com/graph/api/resources/multitenantorganizationmember
    Type(
        "multiTenantOrganizationMember",
        required=("tenantId",),
        read_only=frozenset(
            {"addedByTenantId", "addedDateTime", "joinedDateTime", "state", "transitionDetails"}
        ),
        defaults={"role": "member", "state": "pending", "joinedDateTime": None},
        generated={"addedByTenantId": lambda making: making.tenant(), "addedDateTime": _now},
    ),
)

# Files, printers, answers ----------------------------------------------------------------------

_REST = (
    # https://learn.microsoft.com/graph/api/filestoragecontainer-post
    Type(
        "fileStorageContainer",
        required=("displayName", "containerTypeId"),
        read_only=frozenset({"createdDateTime", "lockState", "status"}),
        immutable=frozenset({"containerTypeId"}),
        defaults={"status": "inactive"},
    ),
    # https://learn.microsoft.com/graph/api/resources/printershare
    Type("printerShare", read_only=frozenset({"createdDateTime"})),
    # https://learn.microsoft.com/graph/api/resources/search-searchanswer
    Type(
        "search.searchAnswer",
        read_only=frozenset({"lastModifiedBy", "lastModifiedDateTime"}),
        generated=_MODIFIER,
        changed=_MODIFIER,
    ),
    *(Type(f"search.{kind}", read_only=frozenset({"isSuggested"})) for kind in ("bookmark", "qna")),
)

TYPES = (
    *_CONNECTIONS,
    *_LEARNING,
    *_EVENTS,
    *_BROWSERS,
    *_SECURITY,
    *_GOVERNED,
    *_REST,
)
