"""What tests hold: ``FakeGraph``, and the servers that its tenants are on."""

from fakegraph.handle.changes import Change
from fakegraph.handle.errors import ControlError, FaultNeverHitWarning
from fakegraph.handle.graph import FakeGraph, Snapshot
from fakegraph.handle.request_log import Request, RequestLog
from fakegraph.handle.sent import SentAttachment, SentMail
from fakegraph.handle.servers import FakeGraphServer, RemoteServer, Server

__all__ = [
    "Change",
    "ControlError",
    "FakeGraph",
    "FakeGraphServer",
    "FaultNeverHitWarning",
    "RemoteServer",
    "Request",
    "RequestLog",
    "SentAttachment",
    "SentMail",
    "Server",
    "Snapshot",
]
