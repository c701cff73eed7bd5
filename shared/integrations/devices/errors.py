"""The error root of this room, and any error in one line or in one word."""

from integrations.protocols import ProtocolError
from integrations.resilience import CircuitBreakerOpenError


class DeviceError(Exception):
    """A device cannot do what was asked."""


class NotConnectedError(DeviceError, ConnectionError):
    """The device is not connected: call `connect()` first, or wait for its reconnection."""


def describe(error: BaseException) -> str:
    """One line that says what went wrong, also for errors without a text such as TimeoutError()."""
    if text := str(error):
        return text
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__


def failure_kind(error: BaseException) -> str:
    """One word for why a call failed: circuit_open, timeout, connection, answer (a wrong one) or other."""
    if isinstance(error, CircuitBreakerOpenError):
        return "circuit_open"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError):
        return "connection"
    return "answer" if isinstance(error, ProtocolError) else "other"
