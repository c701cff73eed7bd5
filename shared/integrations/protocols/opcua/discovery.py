"""Which endpoints a server offers, and the one to take."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from asyncua import Client, ua

from .conversion import converting
from .endpoint import SCHEME, OpcUaEndpoint
from .errors import NoSuchEndpointError, OpcUaError, OpcUaTimeoutError, ServerUnreachableError
from .wire import make_client

POLICY_PREFIX = "http://opcfoundation.org/UA/SecurityPolicy#"
POLICY_NAMES = {
    POLICY_PREFIX + "None": "None",
    POLICY_PREFIX + "Basic256Sha256": "Basic256Sha256",
    POLICY_PREFIX + "Aes128_Sha256_RsaOaep": "Aes128Sha256RsaOaep",
    POLICY_PREFIX + "Aes256_Sha256_RsaPss": "Aes256Sha256RsaPss",
}
"""As people write them; the URIs of the later ones have underscores."""
BINARY_TCP = "uatcp-uasc-uabinary"
TOKENS = {
    ua.UserTokenType.Anonymous: "anonymous",
    ua.UserTokenType.UserName: "username",
    ua.UserTokenType.Certificate: "certificate",
    ua.UserTokenType.IssuedToken: "issued token",
}
MODES = {
    ua.MessageSecurityMode.None_: "None",
    ua.MessageSecurityMode.Sign: "Sign",
    ua.MessageSecurityMode.SignAndEncrypt: "SignAndEncrypt",
}


async def discover(endpoint: OpcUaEndpoint) -> ua.EndpointDescription:
    """Ask the server for its endpoints and return the one that is configured.

    Host and port in what it offers are not looked at: servers behind NAT, in containers or with a name that
    only they know announce addresses that lead nowhere.

    Raises:
        ServerUnreachableError: nobody listens there, or nobody who speaks OPC UA.
        NoSuchEndpointError: lists the endpoints that there are.
    """
    return choose(await offered_by(endpoint), endpoint)


async def offered_by(endpoint: OpcUaEndpoint) -> list[ua.EndpointDescription]:
    """Ask the server for all its endpoints; errors as `discover`."""
    client = make_client(endpoint.address, endpoint.timeout_seconds)
    try:
        await say_hello(client, endpoint)
        with converting(endpoint.address, "ask for endpoints"):
            await client.open_secure_channel()
            offered: list[ua.EndpointDescription] = await client.get_endpoints()
            await client.close_secure_channel()
    finally:
        client.disconnect_socket()
    return offered


async def say_hello(client: Client, endpoint: OpcUaEndpoint) -> None:
    """Connect and exchange Hello and Acknowledge; errors as `discover`."""
    place = f"{client.server_url.hostname}:{client.server_url.port}"
    try:
        await client.uaclient.connect_socket(client.server_url.hostname, client.server_url.port or 4840)
    except TimeoutError as error:
        raise ServerUnreachableError(
            f"no connection to {place} within {endpoint.timeout_seconds:g} s", server=endpoint.address
        ) from error
    except OSError as error:
        raise ServerUnreachableError(f"no connection to {place}: {error}", server=endpoint.address) from error
    try:
        with converting(endpoint.address, "say hello"):
            await client.send_hello()
    except OpcUaTimeoutError as error:
        raise ServerUnreachableError(
            f"{place} takes connections and does not answer a Hello within {endpoint.timeout_seconds:g} s:"
            " no OPC UA server, or one that hangs",
            server=endpoint.address,
        ) from error
    except ConnectionError as error:
        raise ServerUnreachableError(
            f"{place} closed the connection after a Hello: no OPC UA server, or one that is starting",
            server=endpoint.address,
        ) from error
    except OpcUaError as error:
        if error.status == ua.StatusCodes.BadTcpEndpointUrlInvalid:
            raise NoSuchEndpointError(
                "the server knows no such endpoint URL (BadTcpEndpointUrlInvalid)", server=endpoint.address
            ) from error
        raise


def choose(offered: Sequence[ua.EndpointDescription], endpoint: OpcUaEndpoint) -> ua.EndpointDescription:
    """Return the endpoint with the configured policy, mode and kind of user; errors as `discover`."""
    policy, mode = endpoint.security_policy.value, endpoint.mode.value
    secure_enough = [
        offer
        for offer in offered
        if (offer.EndpointUrl or "").startswith(f"{SCHEME}:")
        and BINARY_TCP in (offer.TransportProfileUri or BINARY_TCP)
        and POLICY_NAMES.get(offer.SecurityPolicyUri) == policy
        and MODES.get(offer.SecurityMode) == mode
    ]
    if not secure_enough:
        raise NoSuchEndpointError(
            f"the server offers no endpoint with security_policy {policy} and"
            f" security_mode {mode}; it offers {_listed(offered)}",
            server=endpoint.address,
        )
    kind = _token_type(endpoint)
    usable = [
        offer
        for offer in secure_enough
        if not offer.UserIdentityTokens or any(token.TokenType == kind for token in offer.UserIdentityTokens)
    ]
    if not usable:
        kinds = sorted(
            {TOKENS[token.TokenType] for offer in secure_enough for token in offer.UserIdentityTokens}
        )
        raise NoSuchEndpointError(
            f"the server takes no {TOKENS[kind]} user at {endpoint.security_policy.value}/{mode};"
            f" it takes {', '.join(kinds)}",
            server=endpoint.address,
        )
    same_host = (offer for offer in usable if urlsplit(offer.EndpointUrl).hostname == endpoint.server_host)
    return next(same_host, usable[0])


def session_url(endpoint: OpcUaEndpoint, offer: ua.EndpointDescription) -> str:
    """URL to say at the server: our way to it, and the path it announces where none is configured."""
    parts = urlsplit(endpoint.address)
    if parts.path.strip("/"):
        return endpoint.address
    path = urlsplit(offer.EndpointUrl).path
    return f"{SCHEME}://{parts.netloc}{path}"


def _token_type(endpoint: OpcUaEndpoint) -> ua.UserTokenType:
    if endpoint.username:
        return ua.UserTokenType.UserName
    return ua.UserTokenType.Certificate if endpoint.user_certificate_file else ua.UserTokenType.Anonymous


def _listed(offered: Sequence[ua.EndpointDescription]) -> str:
    found = {f"{policy_name(offer)}/{MODES.get(offer.SecurityMode, '?')}" for offer in offered}
    return ", ".join(sorted(found)) or "nothing"


def policy_name(offer: ua.EndpointDescription) -> str:
    """Name of an endpoint's security policy, as people write it."""
    uri = offer.SecurityPolicyUri or "?"
    return POLICY_NAMES.get(uri, uri.removeprefix(POLICY_PREFIX))
