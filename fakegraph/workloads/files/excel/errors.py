"""What workbooks say when something is wrong: codes begin with a capital letter.

https://learn.microsoft.com/graph/workbook-error-codes
"""

from __future__ import annotations

from fakegraph.errors import GraphError


def unreadable() -> GraphError:
    """The file is no workbook."""
    message = "Sorry, we couldn't open this workbook: its file is no .xlsx, or is damaged."
    return GraphError(400, "GenericFileOpenError", message)


def merged() -> GraphError:
    """What becomes of merged cells is not built."""
    message = "Some of these cells are merged: fakegraph changes them so once they are unmerged."
    return GraphError(501, "NotImplemented", message)


def missing() -> GraphError:
    """What is asked for is not in the workbook."""
    return GraphError(404, "ItemNotFound", "The requested resource doesn't exist.")


def taken() -> GraphError:
    """Something else has that name."""
    message = "The resource name already exists. Please rename and try again."
    return GraphError(409, "ItemAlreadyExists", message, "name")


def bad_argument(target: str | None = None) -> GraphError:
    """An argument is none that there can be."""
    message = "The argument is invalid or missing or has an incorrect format."
    return GraphError(400, "InvalidArgument", message, target)
