"""Protocol clients: bytes in, values out; the only room that knows the protocol libraries."""

from .errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError

__all__ = ["ProtocolConnectionError", "ProtocolError", "ProtocolTimeoutError"]
