"""What pages document and answers have, and the published model does not declare.

Each is a line as model files have them, added where the model has what it is about, its anchor. It
goes when a newer model has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.edm.lines import Lines

_DELETED = "root directory"

_LISTS = {  # of deviceManagement: by type, the lists whose pages the published permissions lack
    # https://learn.microsoft.com/graph/api/intune-shared-devicemanagementscript-list
    "deviceManagementScript": ("deviceManagementScripts", "GET a03c30", "POST 94f0fb"),
    # https://learn.microsoft.com/graph/api/intune-grouppolicy-grouppolicydefinitionfile-list
    "groupPolicyDefinitionFile": ("groupPolicyDefinitionFiles", "GET 6ef816"),
    # https://learn.microsoft.com/graph/api/intune-devices-userexperienceanalyticscategory-list
    "userExperienceAnalyticsCategory": ("userExperienceAnalyticsCategories", "GET ada63d"),
}
_SCRIPT = "type .deviceManagementScript"

# The anchors, each with what is added to it.
_LINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # https://learn.microsoft.com/graph/api/device-update: the type is open, and says nothing of it.
    (
        "type .device",
        ("type .device", "entity", "properties extensionAttributes:.onPremisesExtensionAttributes"),
    ),
    # https://learn.microsoft.com/graph/api/group-list: every answer has it, mostly empty.
    ("type .group", ("type .group", "entity", "properties creationOptions:String*!")),
    # https://github.com/microsoftgraph/msgraph-metadata/issues/194: it is selected in v1.0 as well.
    (
        "type .user",
        ("type .user", "entity open", "properties refreshTokensValidFromDateTime:DateTimeOffset"),
    ),
    # https://learn.microsoft.com/graph/api/application-post-onlinemeetings: every answer has it
    # beside `joinWebUrl`; beta declares it, as deprecated.
    ("type .onlineMeeting", ("type .onlineMeeting", "entity open", "properties joinUrl:String")),
    # https://github.com/microsoftgraph/microsoft-graph-docs-contrib/pull/9463: answers have it.
    ("type .mailFolder", ("type .mailFolder", "entity", "properties sizeInBytes:Int64")),
    # https://learn.microsoft.com/graph/api/chatmessage-update: its bodies and answers have it null.
    (
        "type .chatMessageFromIdentitySet",
        (
            "type .chatMessageFromIdentitySet",
            "complex open",
            "properties conversation:.teamworkConversationIdentity",
        ),
    ),
    # https://learn.microsoft.com/graph/api/directory-deleteditems-getuserownedobjects
    (
        _DELETED,
        (
            "operation getUserOwnedObjects",
            "action .getUserOwnedObjects .directoryObject* type:String userId:String "
            "-> .directoryObject*",
        ),
    ),
    *(
        (_DELETED, (key, "POST 1a4800 200"))
        for key in (
            "path /directory/deletedItems/getUserOwnedObjects",
            "use .directoryObject*/getUserOwnedObjects()",
        )
    ),
    *(
        (f"type .{type_}", (f"{start}deviceManagement/{name}", *methods))
        for type_, (name, *methods) in _LISTS.items()
        for start in ("path /", "use .")
    ),
    *(
        (_SCRIPT, (key, "DELETE 94f0fb", "GET a03c30", "PATCH 94f0fb"))
        for key in (
            "path /deviceManagement/deviceManagementScripts/{id}",
            "use .deviceManagement/deviceManagementScripts/{id}",
        )
    ),
    *(
        (_SCRIPT, (key, "POST 94f0fb"))
        for key in (
            "path /deviceManagement/deviceManagementScripts/{id}/assign",
            "use .deviceManagementScript/assign()",
        )
    ),
)


def documented(lines: Lines) -> Iterator[list[str]]:
    """The lines that a model lacks which these are."""
    for anchor, line in _LINES:
        if lines.find(anchor) is not None:
            yield list(line)
