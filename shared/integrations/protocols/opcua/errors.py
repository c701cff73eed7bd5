"""Everything that goes wrong with an OPC UA server, each with its name and the StatusCode its values get.

Source of the codes: OPC UA Part 4 §7.39.2.
"""

from integrations.messages.status import Status
from integrations.protocols.errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError


class OpcUaError(ProtocolError):
    """Root of the room; says which server and node it is about, and the StatusCode if the server gave one."""

    status: int = Status.BAD_COMMUNICATION_ERROR
    """StatusCode of the values that were not read because of it."""

    def __init__(self, what: str, *, server: str, node: str = "", code: int | None = None) -> None:
        super().__init__(f"{server}{f' node {node}' if node else ''}: {what}")
        self.what = what
        self.server = server
        self.node = node
        if code is not None:
            self.status = code


class OpcUaTimeoutError(OpcUaError, ProtocolTimeoutError):
    """No answer came in time."""

    status = Status.BAD_TIMEOUT


class ServerUnreachableError(OpcUaError, ProtocolConnectionError):
    """The server could not be connected to, or no OPC UA server listens there."""

    status = Status.BAD_NO_COMMUNICATION


class ServerLostError(OpcUaError, ProtocolConnectionError):
    """The connection or the session ended before the answer."""

    status = Status.BAD_NO_COMMUNICATION


class NotConnectedError(OpcUaError, ProtocolConnectionError):
    """The session is not open, or on its way back to the server."""

    status = Status.BAD_NOT_CONNECTED


class NoSuchEndpointError(OpcUaError):
    """The server offers no endpoint with the asked security policy, mode or kind of user."""

    status = Status.BAD_CONFIGURATION_ERROR


class CertificateError(OpcUaError):
    """A certificate is in the way."""

    status = Status.BAD_CONFIGURATION_ERROR


class OwnCertificateError(CertificateError):
    """Our certificate or key file cannot be read, made or used."""


class ServerCertificateUntrustedError(CertificateError):
    """The server's certificate is not in the trust list."""


class ServerCertificateExpiredError(CertificateError):
    """The server's certificate is out of its time of validity."""


class OwnCertificateRefusedError(CertificateError):
    """The server does not accept our certificate."""


class LoginRefusedError(OpcUaError):
    """The server does not accept the user."""

    status = Status.BAD_CONFIGURATION_ERROR


class TooManySessionsError(OpcUaError):
    """The server has no session left for us."""


class ServiceFaultError(OpcUaError):
    """The server answered with a Bad StatusCode that has no error of its own here."""


class NodeError(OpcUaError):
    """A single node is the matter; the server and its other nodes are well."""

    status = Status.BAD_CONFIGURATION_ERROR


class NodeTextError(NodeError, ValueError):
    """The text is neither a NodeId nor a browse path."""


class NodeUnknownError(NodeError, LookupError):
    """The server has no such node, or nothing at the end of the browse path."""


class NotWritableError(NodeError):
    """The node cannot be written, or not by this user."""


class WriteValueError(NodeError, ValueError):
    """The value does not fit the node's data type or limits."""


class HistoryUnavailableError(NodeError):
    """The server keeps no history of the node, or does not give it."""
