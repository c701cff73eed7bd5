"""The error root of this room."""


class DeviceError(Exception):
    """A device cannot do what was asked."""


class NotConnectedError(DeviceError, ConnectionError):
    """The device is not connected: call `connect()` first, or wait for its reconnection."""


class NoSampleError(DeviceError):
    """The device answered, but not with the value that was asked for."""
