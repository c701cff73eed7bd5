"""The error root of this room, and any error in one line."""


class DeviceError(Exception):
    """A device cannot do what was asked."""


class NotConnectedError(DeviceError, ConnectionError):
    """The device is not connected: call `connect()` first, or wait for its reconnection."""


def describe(error: BaseException) -> str:
    """One line that says what went wrong, also for errors without a text such as TimeoutError()."""
    if text := str(error):
        return text
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
