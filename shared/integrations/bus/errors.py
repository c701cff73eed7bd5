"""What goes wrong on the bus."""


class BusError(Exception):
    """Root of this room's errors."""


class BusUnreachableError(BusError, ConnectionError):
    """No connection to any of the servers."""


class BusClosedError(BusError, ConnectionError):
    """The connection, the publisher or the consumer was closed while it was still needed."""


class EmbeddedServerError(BusError, RuntimeError):
    """The embedded server cannot be found, does not start, or ended by itself."""


class BusForbiddenError(BusError, PermissionError):
    """The server does not let these credentials use a subject; the text names it."""


class JetStreamUnavailableError(BusError, TimeoutError):
    """JetStream does not answer, or not now: no responders, no leader, no answer in time."""


class JetStreamError(BusError):
    """JetStream refused a request; `code` is like an HTTP status, `err_code` says exactly what."""

    def __init__(self, subject: str, code: int, err_code: int, description: str) -> None:
        super().__init__(f"{subject}: {description} ({err_code})")
        self.code = code
        self.err_code = err_code
        self.description = description


class StreamConflictError(BusError, ValueError):
    """A stream exists in a way that does not fit and cannot be changed."""
