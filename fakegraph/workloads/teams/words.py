"""What Teams says when something is wrong: codes begin with capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.workloads.declarations import Workload
from fakegraph.workloads.teams.channels import TAKEN
from fakegraph.workloads.teams.members import SETTLED_BY, settle
from fakegraph.workloads.words import Words

_MISSING = {
    "team": "No team found with Group Id {key}",
    "channel": "Failed to execute Skype backend request GetThreadS2SRequest.",
    "chat": "Failed to execute Skype backend request GetThreadS2SRequest.",
}


_GUID = re.compile("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class TeamsWords(Words):
    """Its sentences."""

    def not_found(self, type_name: str, key: str) -> GraphError:
        last = type_name.rpartition(".")[2]
        if last == "team" and not _GUID.fullmatch(key):
            return GraphError(400, "BadRequest", "teamId needs to be a valid GUID.")
        return GraphError(404, "NotFound", _MISSING.get(last, "NotFound").format(key=key))

    def unread(self, error: GraphError) -> GraphError:
        if error.status != 413:  # of messages: their pictures come in the body
            return super().unread(error)
        return bad_request(f"Invalid request body was sent. {error.message}")

    def lacking(
        self, why: str, needed: Sequence[str], held: Sequence[str], *, app_only: bool
    ) -> GraphError:
        if app_only and not needed:
            message = "Requested API is not supported in application-only context"
            return GraphError(412, "PreconditionFailed", message)
        if not needed:
            return super().lacking(why, needed, held, app_only=app_only)
        kind, has = ("role", "Roles") if app_only else ("scope", "Scopes")
        consent = " Resource specific consent grants on the request ''." if app_only else ""
        return GraphError(
            403,
            "Forbidden",
            f"Missing {kind} permissions on the request. API requires one of "
            f"'{', '.join(needed)}'. {has} on the request '{', '.join(held)}'"
            f"{'.' if app_only else ''}{consent}",
        )

    def unset(self, type_name: str, name: str, holder: str) -> GraphError:
        return self.not_found(type_name, holder)

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        if type_name == "channel":
            return GraphError(400, "BadRequest", TAKEN, "displayName")
        return super().taken(type_name, name, value, holder)

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        if type_name == "chat" and "members" in names:
            message = "Chat members cannot be null. (Parameter 'Members')"
            return self.invalid([Problem(message, "members")])
        return super().required(type_name, names)


TEAMS = Workload(
    "teams",
    types=(
        *("team", "channel", "chat", "chatMessage", "conversationMember", "teamsAppInstallation"),
        *("teamsTab", "teamsApp", "teamsAppDefinition", "teamsAsyncOperation", "teamworkTag"),
        *("teamworkTagMember", "chatMessageHostedContent", "pinnedChatMessageInfo", "presence"),
        *("chatMessageInfo", "teamwork", "userTeamwork", "workforceIntegration", "schedule"),
        *("changeTrackedEntity", "onlineMeetingBase", "virtualEvent", "call", "participant"),
        *("sharedWithChannelTeamInfo", "teamsTemplate", "deletedTeam", "deletedChat", "dayNote"),
        *("cloudCommunications", "callRecords.callRecord", "callRecording", "callTranscript"),
    ),
    words=TeamsWords(),
    settles=settle,
    settled_by=SETTLED_BY,
    nulls=True,
)
