"""What asyncua raises, converted once into this room's errors."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from asyncua import ua
from asyncua.common.utils import ServiceError

from .errors import (
    LoginRefusedError,
    OpcUaError,
    OpcUaTimeoutError,
    OwnCertificateRefusedError,
    ServerLostError,
    ServiceFaultError,
    TooManySessionsError,
)
from .status_names import status_name

# Every fault that asyncua's client would print, some of them with a traceback, is raised here by name.
for _name in ("asyncua.client", "asyncua.uaprotocol", "asyncua.crypto"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

Codes = ua.StatusCodes

LOST = {
    Codes.BadConnectionClosed,
    Codes.BadConnectionRejected,
    Codes.BadSecureChannelClosed,
    Codes.BadSecureChannelIdInvalid,
    Codes.BadSecureChannelTokenUnknown,
    Codes.BadTcpSecureChannelUnknown,
    Codes.BadServerHalted,
    Codes.BadSessionClosed,
    Codes.BadSessionIdInvalid,
    Codes.BadSessionNotActivated,
    Codes.BadShutdown,
}
"""Codes after which nothing but a new session helps."""
CERTIFICATE = {
    Codes.BadSecurityChecksFailed,
    Codes.BadApplicationSignatureInvalid,
    Codes.BadNoValidCertificates,
    *(code for name, code in vars(Codes).items() if name.startswith("BadCertificate")),
}
"""Codes by which a server refuses our certificate."""
LOGIN = {
    Codes.BadIdentityTokenInvalid,
    Codes.BadIdentityTokenRejected,
    Codes.BadUserAccessDenied,
    Codes.BadUserSignatureInvalid,
}


@contextmanager
def converting(server: str, doing: str) -> Iterator[None]:
    """Let nothing but OpcUaError out; `doing` says what was tried, as in "cannot <doing>"."""
    try:
        yield
    except OpcUaError:
        raise
    except Exception as error:  # asyncua lets bare Exceptions, AssertionErrors, struct.errors out
        raise converted(error, server, doing) from error


def converted(error: Exception, server: str, doing: str) -> OpcUaError:
    """The error of this room that `error` stands for."""
    if (code := status_of(error)) is not None:
        return _of_code(code, server, doing)
    if isinstance(error, TimeoutError):
        return OpcUaTimeoutError(f"cannot {doing}: no answer in time", server=server)
    if isinstance(error, OSError):
        return ServerLostError(f"cannot {doing}: {error or 'connection lost'}", server=server)
    return OpcUaError(f"cannot {doing}: {type(error).__name__} {error}".rstrip(), server=server)


def status_of(error: BaseException) -> int | None:
    """StatusCode in an error of asyncua."""
    if isinstance(error, ua.UaStatusCodeError | ServiceError) and isinstance(error.code, int):
        return error.code
    return None


def _of_code(code: int, server: str, doing: str) -> OpcUaError:
    what = f"cannot {doing}: {status_name(code)}"
    if code in LOST:
        return ServerLostError(what, server=server, code=code)
    if code in {Codes.BadTimeout, Codes.BadRequestTimeout}:
        return OpcUaTimeoutError(what, server=server, code=code)
    if code == Codes.BadTooManySessions:
        return TooManySessionsError(f"{what}: the server has no session left", server=server, code=code)
    if code in LOGIN:
        return LoginRefusedError(what, server=server, code=code)
    if code in CERTIFICATE:
        return OwnCertificateRefusedError(what, server=server, code=code)
    return ServiceFaultError(what, server=server, code=code)
