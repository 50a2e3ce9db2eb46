"""What a workload says when something is wrong: the service's own codes and sentences.

``Words`` are those that most workloads use; one with sentences of its own overrides them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.errors import GraphError, Problem, bad_request, refused

#: What is right where a token was cut off or made up.
WHOLE_LINKS = "Use an @odata.nextLink or @odata.deltaLink whole."


class Words:
    """A workload's refusals. Each is made where the fact is known, and said here."""

    #: The ``code`` of what is wrong with a body or a query.
    bad = "BadRequest"
    #: The ``code`` of a query option that a place does not take.
    bad_query = "BadRequest"
    #: The code and the sentence for who may not do that.
    denied = ("Forbidden", "Access is denied. Check credentials and try again.")

    #: Whether a name that an open type does not have is taken for that of an extension.
    dynamic = False

    def not_found(self, type_name: str, key: str) -> GraphError:
        """Nothing has that key, or a single thing that may be there is not."""
        if type_name in _EXTENSIONS:
            return GraphError(404, "ResourceNotFound", "Extension with given id not found.")
        return GraphError(
            404, "ResourceNotFound", f"Resource could not be discovered. No {type_name} is '{key}'."
        )

    def unset(self, type_name: str, name: str, holder: str) -> GraphError:
        """What has that key has nothing of that name, of which it has one at most."""
        return self.not_found(type_name, name)

    def no_holder(self, key: str, tenant: str) -> GraphError | None:
        """Nobody has that key who would have what is asked for; None: it is said as ever."""
        return None

    def bad_page(self, error: GraphError) -> GraphError:
        """A ``$skiptoken`` is none that was given: ``error`` says so."""
        return error

    def no_format(self, record: Mapping[str, Any], format_: str) -> GraphError:
        """The bytes of a thing cannot be had in another format."""
        return bad_request(f"Bytes are read as they are, and not as '{format_}'.", "format")

    def unnamed(self, type_name: str, key: str) -> GraphError:
        """Nothing has that value of a key that is not the id."""
        return self.not_found(type_name, key)

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        """A body lacks what a thing cannot be made without."""
        return self.invalid(
            [
                Problem(f"A value is required for property '{name}' of '{type_name}'.", name)
                for name in names
            ]
        )

    def read_only(self, type_name: str, names: Sequence[str]) -> GraphError:
        """A body sets what the service alone sets, or changes what stays as it was made."""
        return self.invalid(
            [Problem(f"Property '{name}' is read-only and cannot be set.", name) for name in names]
        )

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        """Another thing, of the id ``holder``, has that value of something that is unique."""
        if type_name in _EXTENSIONS:
            message = "An extension already exists with given id."
            return GraphError(409, "Conflict", message, "extensionName")
        return GraphError(
            409,
            "Conflict",
            f"Another object with the same value for property {name} already exists: "
            f"'{value}' is taken.",
            name,
        )

    def invalid(self, problems: Sequence[Problem]) -> GraphError:
        """A body is not what it should be: the first problem, and all of them in the details."""
        return refused([Problem(each.message, each.target, self.bad) for each in problems])

    def linked(self, navigation: str) -> GraphError:
        """What is to be linked is linked already."""
        return GraphError(
            400,
            self.bad,
            "One or more added object references already exist for the following modified "
            f"properties: '{navigation}'.",
            navigation,
        )

    def unread(self, error: GraphError) -> GraphError:
        """A body could not be read as JSON: ``error`` says so."""
        return error

    def too_long(self) -> GraphError:
        """A body with more bytes than the workload takes: 413."""
        return GraphError(413, "BadRequest", "The request body is too long.")

    def stale(self, type_name: str, tag: str) -> GraphError:
        """A write is about a version of a thing that is no longer the one that is there."""
        return GraphError(
            412,
            "PreconditionFailed",
            f"The {type_name} has changed since: its ETag is not '{tag}'.",
            "If-Match",
        )

    def no_version(self, type_name: str) -> GraphError:
        """A write does not say which version it is about, and has to."""
        return GraphError(
            412,
            self.bad,
            "The If-Match header must be specified for this kind of request.",
            "If-Match",
        )

    def bad_version(self, type_name: str, tag: str) -> GraphError:
        """A write names as its version what can be none."""
        return GraphError(
            400, self.bad, "The If-Match header contains an invalid value.", "If-Match"
        )

    def kept(self, type_name: str, key: str) -> GraphError:
        """What is to be deleted is always there."""
        return GraphError(403, "Forbidden", f"The {type_name} '{key}' cannot be deleted.")

    def bad_reference(self, why: str) -> GraphError:
        """What is to be linked is no URL of a thing, or of none that may be linked there."""
        return GraphError(
            400, self.bad, f"Invalid object reference or URL format. {why}", "@odata.id"
        )

    def not_yet(self) -> GraphError:
        """What is to be linked has not got about yet."""
        return GraphError(400, self.bad, "Not a valid reference update.", "@odata.id")

    def bad_end(self, navigation: str, key: str) -> GraphError | None:
        """A link to be taken away is named by what is no key there; None where it may be one."""
        return None

    def forbidden(self, why: str) -> GraphError:
        """Whoever asks may not do that: the service's sentence alone, and why beside it."""
        code, message = self.denied
        return GraphError(403, code, message, None, [Problem(why, None, code)])

    def nothing_granted(self, why: str) -> GraphError:
        """Whoever asks may do nothing at all: the token has neither scopes nor roles."""
        return self.forbidden(why)

    def lacking(
        self, why: str, needed: Sequence[str], held: Sequence[str], *, app_only: bool
    ) -> GraphError:
        """The token has none of the permissions that are needed, of which there may be none."""
        return self.forbidden(why) if held else self.nothing_granted(why)

    def no_user(self) -> GraphError:
        """``/me`` without anybody signed in."""
        return bad_request("/me request is only valid with delegated authentication flow.")

    def no_extensions(self, names: Sequence[str]) -> GraphError:
        """A body has what would be extensions, if any application had added them."""
        listed = ", ".join(names)
        message = f"The following extension properties are not available: {listed}."
        return GraphError(400, self.bad, message, names[0])

    def bad_extension(self, name: str) -> GraphError:
        """The value of an extension is none of its type, or too long."""
        return GraphError(400, self.bad, "One or more property values specified are invalid.", name)

    def unextended(self, name: str) -> GraphError:
        """A query names what would be an extension, if any application had added it."""
        message = f"Property '{name}' does not exist as a declared property or extension property."
        return GraphError(400, self.bad_query, message, name)

    def untracked(self, type_name: str, version: str = "") -> GraphError:
        """Nothing tells what has changed there, or only ``version`` does."""
        message = (
            "Unsupported request: Change tracking is not supported against "
            f"'microsoft.graph.{type_name}'."
        )
        hint = Problem(f"{version} alone tells what has changed there.", "delta", "BadRequest")
        return GraphError(400, "BadRequest", message, details=[hint] if version else ())

    def bad_token(self, token: str) -> GraphError:
        """What should say since when changes are asked for was not given for this."""
        message = f"Badly formed token. {WHOLE_LINKS}"
        return GraphError(400, self.bad, message, token)

    def expired_token(self, since: int, ends: int, url: str) -> GraphError:
        """A token is too old: of the state ``since``, where the latest is ``ends``."""
        return GraphError(400, "syncStateNotFound", EXPIRED)

    def lost_token(self, since: int, ends: int, url: str) -> GraphError:
        """What came after a token is not known any more; ``url`` is where to begin anew."""
        return GraphError(410, "syncStateNotFound", EXPIRED, headers={"Location": url})


_EXTENSIONS = frozenset({"extension", "openTypeExtension"})

EXPIRED = (
    "The sync state generation is not found. The delta token is expired and data must be "
    "synchronized again."
)
