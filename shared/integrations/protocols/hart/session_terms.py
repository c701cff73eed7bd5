"""Opening a session: what is asked for, what is granted and why it is refused.

Source: HCF_SPEC-085 (FCG TS20085), Session Initiate.
"""

from enum import IntEnum
from struct import Struct

import msgspec

from .errors import FrameError

_TERMS = Struct(">BI")


class MasterType(IntEnum):
    """Which of the two masters of HART a client is to the field devices."""

    SECONDARY = 0
    PRIMARY = 1


class SessionTerms(msgspec.Struct, frozen=True):
    """Body of Session Initiate, the same in request and answer.

    `inactivity_ms` is the time without a message after which the gateway closes the session; an answer may
    grant another one than was asked for. 0 means never.
    """

    master: int
    inactivity_ms: int

    def encode(self) -> bytes:
        """Return the 5 bytes."""
        return _TERMS.pack(self.master, self.inactivity_ms)

    @classmethod
    def decode(cls, body: bytes) -> "SessionTerms":
        """Read a body; what follows the 5 bytes belongs to later versions.

        Raises:
            FrameError: it is too short.
        """
        if len(body) < _TERMS.size:
            raise FrameError(f"session terms take {_TERMS.size} bytes, got {len(body)}")
        return cls(*_TERMS.unpack_from(body))


class SessionStatus(IntEnum):
    """Status of an answer to Session Initiate."""

    SUCCESS = 0
    INVALID_SELECTION = 2
    TOO_FEW_BYTES = 5
    DEVICE_ERROR = 6
    NEAREST_VALUE = 8
    """A warning: the inactivity time is the nearest possible one."""
    SECURITY_NOT_INITIALIZED = 9
    VERSION_NOT_SUPPORTED = 14
    NO_SESSION_LEFT = 15
    SESSION_EXISTS = 16


ACCEPTED = frozenset({SessionStatus.SUCCESS, SessionStatus.NEAREST_VALUE})

_MEANINGS = {
    SessionStatus.INVALID_SELECTION: "invalid master type",
    SessionStatus.TOO_FEW_BYTES: "too few data bytes",
    SessionStatus.DEVICE_ERROR: "error of the gateway's own",
    SessionStatus.SECURITY_NOT_INITIALIZED: "security is not set up",
    SessionStatus.VERSION_NOT_SUPPORTED: "HART-IP version is not supported",
    SessionStatus.NO_SESSION_LEFT: "all its sessions are in use",
    SessionStatus.SESSION_EXISTS: "it has a session with this address already",
}


def refusal(status: int) -> str:
    """Return why a session was refused, in words."""
    return f"session refused, status {status} ({_MEANINGS.get(status, 'unknown')})"  # type: ignore[call-overload]  # any number may come
