"""What goes wrong on the way to a device, whatever the protocol; each is also the builtin one expects."""


class ProtocolError(Exception):
    """Root of every error a protocol client raises."""


class ProtocolTimeoutError(ProtocolError, TimeoutError):
    """No complete answer came in time."""


class ProtocolConnectionError(ProtocolError, ConnectionError):
    """There is no connection: it could not be made, or was lost."""
