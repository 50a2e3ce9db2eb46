"""Attachments that are too large for one request come in an upload session.

https://learn.microsoft.com/graph/api/attachment-createuploadsession
"""

from __future__ import annotations

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.mail import MOST_AT_ONCE, weight
from fakegraph.workloads.outlook.mime import CONTENT
from fakegraph.workloads.outlook.words import invalid

_MOST = 150 * 1024 * 1024
_GIVEN = ("name", "contentType", "isInline", "contentId")


def _none_in_groups() -> GraphError:
    """What is said of attachments of a group's events.

    https://learn.microsoft.com/graph/api/resources/attachment says that these have none.
    """
    message, why = "The OData request is not supported.", "Events of groups have no attachments."
    problem = Problem(why, "attachments", "ErrorInvalidRequest")
    return GraphError(400, "ErrorInvalidRequest", message, "attachments", [problem])


def _refuse_to_groups(call: Call, item: Thing | None) -> None:
    owner = None if item is None else call.owner(item)
    if owner is not None and owner.container == "groups":
        raise _none_in_groups()


def _followed(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what is attached to an event of a group."""
    _refuse_to_groups(call, call.owner(call.thing))


def _with_attachments(making: Making) -> None:
    """Raise GraphError (400) for an event of a group that is made with attachments."""
    if making.owner_type == "group" and making.related.get("attachments"):
        raise _none_in_groups()


@operation("attachment*/createUploadSession", status=201)
def create_upload_session(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/attachment-createuploadsession"""
    _refuse_to_groups(call, call.holder)
    item = call.arguments["AttachmentItem"]
    size = item.get("size")
    if item.get("attachmentType") != "file":
        raise invalid("Only files come in upload sessions.", "AttachmentItem/attachmentType")
    if not item.get("name"):
        raise invalid("An attachment has a name.", "AttachmentItem/name")
    if size is None or size < MOST_AT_ONCE:
        raise GraphError(
            400,
            "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
            "The size of the attachment should not be less than the minimum size.",
            "AttachmentItem/size",
        )
    if size > _MOST:
        raise GraphError(
            400,
            "ErrorMessageSizeExceeded",
            "The message exceeds the maximum supported size.",
            "AttachmentItem/size",
        )
    given = {name: item[name] for name in _GIVEN if item.get(name) is not None}
    file = {"@odata.type": "#microsoft.graph.fileAttachment", **given, "size": weight(size)}
    return call.begin_upload(call.holder, file, size, CONTENT)


TYPES = (
    Type("attachment", follows=_followed),
    Type("event", checks=(_with_attachments,)),
)
NAVIGATION = ()
OPERATIONS = (create_upload_session,)
