"""OPC UA clients: secure sessions that survive restarts, reads, writes, subscriptions, history, browsing."""

from .browsing import BrowsedTag, tags_as_toml
from .endpoint import OpcUaEndpoint, SecurityMode, SecurityPolicy
from .errors import (
    CertificateError,
    HistoryUnavailableError,
    LoginRefusedError,
    NodeError,
    NodeTextError,
    NodeUnknownError,
    NoSuchEndpointError,
    NotConnectedError,
    NotWritableError,
    OpcUaError,
    OpcUaTimeoutError,
    OwnCertificateError,
    OwnCertificateRefusedError,
    ServerCertificateExpiredError,
    ServerCertificateUntrustedError,
    ServerLostError,
    ServerUnreachableError,
    ServiceFaultError,
    TooManySessionsError,
    WriteValueError,
    status_name,
)
from .events import EventKind, SessionEvent
from .monitoring import ChangeBatch, Deadband, MonitoredTag, SubscriptionSettings
from .node_text import NodeSyntaxError, parse_node
from .session import OpcUaSession, SessionState
from .subscription import OpcUaSubscription
from .values import OpcUaValue

__all__ = [
    "BrowsedTag",
    "CertificateError",
    "ChangeBatch",
    "Deadband",
    "EventKind",
    "HistoryUnavailableError",
    "LoginRefusedError",
    "MonitoredTag",
    "NoSuchEndpointError",
    "NodeError",
    "NodeSyntaxError",
    "NodeTextError",
    "NodeUnknownError",
    "NotConnectedError",
    "NotWritableError",
    "OpcUaEndpoint",
    "OpcUaError",
    "OpcUaSession",
    "OpcUaSubscription",
    "OpcUaTimeoutError",
    "OpcUaValue",
    "OwnCertificateError",
    "OwnCertificateRefusedError",
    "SecurityMode",
    "SecurityPolicy",
    "ServerCertificateExpiredError",
    "ServerCertificateUntrustedError",
    "ServerLostError",
    "ServerUnreachableError",
    "ServiceFaultError",
    "SessionEvent",
    "SessionState",
    "SubscriptionSettings",
    "TooManySessionsError",
    "WriteValueError",
    "parse_node",
    "status_name",
    "tags_as_toml",
]
