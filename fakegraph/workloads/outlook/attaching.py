"""Attachments that are too large for one request come in an upload session.

https://learn.microsoft.com/graph/api/attachment-createuploadsession
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.outlook.mail import MOST_AT_ONCE, weight
from fakegraph.workloads.outlook.mime import CONTENT
from fakegraph.workloads.outlook.words import invalid

_MOST = 150 * 1024 * 1024
_GIVEN = ("name", "contentType", "isInline", "contentId")


@operation("attachment*/createUploadSession", status=201)
def create_upload_session(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/attachment-createuploadsession"""
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


OPERATIONS = (create_upload_session,)
