"""OPC UA clients: secure sessions that survive restarts, reads, writes, subscriptions, history, browsing.

Here is what configurations need: endpoints, node texts, errors. What speaks to a server is in `client`, which
loads asyncua; that takes most of a second, so only who has an OPC UA server should import it.
"""

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
)
from .node_text import NodeSyntaxError, parse_node
from .status_names import status_name

__all__ = [
    "CertificateError",
    "HistoryUnavailableError",
    "LoginRefusedError",
    "NoSuchEndpointError",
    "NodeError",
    "NodeSyntaxError",
    "NodeTextError",
    "NodeUnknownError",
    "NotConnectedError",
    "NotWritableError",
    "OpcUaEndpoint",
    "OpcUaError",
    "OpcUaTimeoutError",
    "OwnCertificateError",
    "OwnCertificateRefusedError",
    "SecurityMode",
    "SecurityPolicy",
    "ServerCertificateExpiredError",
    "ServerCertificateUntrustedError",
    "ServerLostError",
    "ServerUnreachableError",
    "ServiceFaultError",
    "TooManySessionsError",
    "WriteValueError",
    "parse_node",
    "status_name",
]
