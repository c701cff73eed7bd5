"""What can go wrong with simulated HART devices and their server, by name."""

from dataclasses import dataclass
from enum import StrEnum

from integrations.protocols.hart import ResponseCode


class HartFault(StrEnum):
    """What can go wrong with a device, or with the server (drop_session, restart)."""

    SILENT = "silent"
    """It does not answer."""
    LATE = "late"
    """It answers after `seconds`."""
    DUPLICATE = "duplicate"
    """It answers twice."""
    BUSY = "busy"
    """Response code 32."""
    DELAYED = "delayed"
    """Response code 33 at first, 34 from then on."""
    GAVE_UP = "gave_up"
    """Response code 35: the delayed response is dead."""
    NAN = "nan"
    """The primary variable is NaN."""
    WRONG_ADDRESS = "wrong_address"
    """Another device's address stands in its answers."""
    MALFUNCTION = "malfunction"
    """That bit of the field device status is set."""
    DROP_SESSION = "drop_session"
    """The server forgets every session without a word; on TCP the connection goes with it."""
    RESTART = "restart"
    """The server is gone for `seconds`."""


OF_SERVER = frozenset({HartFault.DROP_SESSION, HartFault.RESTART})
CODES = {HartFault.BUSY: ResponseCode.BUSY, HartFault.GAVE_UP: ResponseCode.DELAYED_RESPONSE_DEAD}
"""Faults that are a response code."""


@dataclass
class ActiveFault:
    """A fault that a device has; `times` counts down the requests that it still meets, None is for ever."""

    kind: HartFault
    seconds: float
    times: int | None
    met: int = 0
