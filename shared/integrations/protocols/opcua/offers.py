"""The endpoints that a server offers, and its certificate: what there is to choose from."""

from datetime import datetime

from asyncua import ua
from msgspec import Struct

from .discovery import MODES, TOKENS, offered_by, policy_name
from .endpoint import OpcUaEndpoint
from .errors import ServerCertificateUntrustedError
from .trust import chain_of, is_trusted, thumbprint


class ServerCertificate(Struct, frozen=True):
    """The certificate of a server, and how it stands with us."""

    subject: str
    thumbprint: str
    valid_from: datetime
    valid_until: datetime
    is_trusted: bool


class Offer(Struct, frozen=True):
    """One endpoint: how messages are secured there, and which users it takes."""

    url: str
    policy: str
    mode: str
    users: tuple[str, ...]
    certificate: ServerCertificate | None = None


async def offers(endpoint: OpcUaEndpoint) -> list[Offer]:
    """Ask the server for its endpoints, without a session.

    Raises:
        ServerUnreachableError: nobody listens there, or nobody who speaks OPC UA.
        OpcUaError: the server does not say.
    """
    return [_offer(one, endpoint) for one in await offered_by(endpoint)]


def _offer(one: ua.EndpointDescription, endpoint: OpcUaEndpoint) -> Offer:
    users = dict.fromkeys(TOKENS.get(token.TokenType, "?") for token in one.UserIdentityTokens or ())
    return Offer(
        one.EndpointUrl or "",
        policy_name(one),
        MODES.get(one.SecurityMode, "?"),
        tuple(users),
        _certificate(one.ServerCertificate, endpoint),
    )


def _certificate(sent: bytes | None, endpoint: OpcUaEndpoint) -> ServerCertificate | None:
    try:
        chain = chain_of(sent, endpoint)
    except ServerCertificateUntrustedError:
        return None
    leaf = chain[0]
    return ServerCertificate(
        leaf.subject.rfc4514_string(),
        thumbprint(leaf),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        is_trusted(chain, endpoint),
    )
