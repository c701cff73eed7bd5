"""The way into a session: secure channel, session, user; each refusal says what it means."""

import asyncio

import structlog
from asyncua import Client, ua
from asyncua.client.ua_session import UaSession
from asyncua.crypto import security_policies
from cryptography.hazmat.primitives.serialization import Encoding

from .conversion import CERTIFICATE, converting
from .discovery import discover, say_hello, session_url
from .endpoint import OpcUaEndpoint, SecurityMode, SecurityPolicy
from .errors import (
    CertificateError,
    LoginRefusedError,
    OpcUaError,
    OwnCertificateRefusedError,
    ServerLostError,
    ServerUnreachableError,
)
from .own_certificate import KeyPair, own_key_pair, read_key_pair
from .trust import chain_of, check_server_certificate, thumbprint
from .wire import make_client

logger = structlog.get_logger(__name__)

POLICIES = {
    SecurityPolicy.BASIC256SHA256: security_policies.SecurityPolicyBasic256Sha256,
    SecurityPolicy.AES128_SHA256_RSAOAEP: security_policies.SecurityPolicyAes128Sha256RsaOaep,
    SecurityPolicy.AES256_SHA256_RSAPSS: security_policies.SecurityPolicyAes256Sha256RsaPss,
}
MODES = {
    SecurityMode.SIGN: ua.MessageSecurityMode.Sign,
    SecurityMode.SIGN_AND_ENCRYPT: ua.MessageSecurityMode.SignAndEncrypt,
}


class Services(UaSession):  # type: ignore[misc]  # asyncua is not type-checked: see pyproject
    """asyncua's service calls without its publish loop: publishing is the Publisher's."""

    def ensure_publish_loop(self) -> None:
        """Start nothing."""


async def open_client(endpoint: OpcUaEndpoint) -> Client:
    """Return a client with an activated session. It runs no task of its own: `connect()` of asyncua does.

    Its supervisor waits 1 s and then longer, restores neither refused items nor anything else by batches,
    and its publish loop knows nothing of lost notifications.

    Raises:
        OpcUaError: names the step and the reason; nothing stays open.
    """
    own = (
        None
        if endpoint.security_policy is SecurityPolicy.NONE
        else await asyncio.to_thread(own_key_pair, endpoint)
    )
    offer = await discover(endpoint)
    client = make_client(session_url(endpoint, offer), endpoint.timeout_seconds)
    client.name = client.description = endpoint.application_name
    client.application_uri = endpoint.own_uri
    client.product_uri = "urn:greenlang:gl003:integrations"
    client.session_timeout = endpoint.session_timeout_seconds * 1000
    client.uaclient.session = Services(client.uaclient)
    if own:
        await _secure(client, own, offer, endpoint)
    await _identify(client, endpoint, offer)
    try:
        await say_hello(client, endpoint)
        await _open_channel(client, own, endpoint)
        await _create_session(client, own, endpoint)
        _know_server(client, offer, endpoint)
        await _activate(client, endpoint)
    except BaseException:
        await hang_up(client)
        raise
    return client


async def hang_up(client: Client) -> None:
    """Leave the connection at once, whatever state it is in."""
    protocol = client.uaclient.protocol
    client.disconnect_socket()
    if protocol is not None and protocol.transport is not None:
        protocol.transport.abort()
    await asyncio.sleep(0)  # connection_lost is called one turn later


async def _secure(
    client: Client, own: KeyPair, offer: ua.EndpointDescription, endpoint: OpcUaEndpoint
) -> None:
    application_uri = offer.Server.ApplicationUri or ""
    certificate = await asyncio.to_thread(
        check_server_certificate, offer.ServerCertificate, application_uri, endpoint
    )
    client.application_uri = own.application_uri or endpoint.own_uri
    policy = POLICIES[endpoint.security_policy](certificate, own.certificate, own.key, MODES[endpoint.mode])
    client.security_policy = policy
    client.uaclient.set_security(policy)


async def _identify(client: Client, endpoint: OpcUaEndpoint, offer: ua.EndpointDescription) -> None:
    if endpoint.username:
        client.set_user(endpoint.username)
        client.set_password(endpoint.password)
        _warn_of_readable_password(endpoint, offer)
    elif endpoint.user_certificate_file:
        certificate, key = endpoint.user_files
        user = await asyncio.to_thread(read_key_pair, certificate, key, server=endpoint.address)
        client.user_certificate, client.user_private_key = user.certificate, user.key


def _warn_of_readable_password(endpoint: OpcUaEndpoint, offer: ua.EndpointDescription) -> None:
    tokens = [token for token in offer.UserIdentityTokens if token.TokenType == ua.UserTokenType.UserName]
    policy = tokens[0].SecurityPolicyUri or offer.SecurityPolicyUri if tokens else offer.SecurityPolicyUri
    if endpoint.mode is not SecurityMode.SIGN_AND_ENCRYPT and _is_none(policy):
        logger.warning(
            "the password goes over the wire readable: use a security_policy", server=endpoint.address
        )


def _is_none(policy_uri: str | None) -> bool:
    return (policy_uri or "#None").endswith("#None")


async def _open_channel(client: Client, own: KeyPair | None, endpoint: OpcUaEndpoint) -> None:
    try:
        with converting(endpoint.address, "open the secure channel"):
            await client.open_secure_channel()
    except OpcUaError as error:
        # asyncua 2.1 asserts on what a ServiceFault leaves behind: an AssertionError is a refusal
        refused = isinstance(error.__cause__, AssertionError) or error.status in CERTIFICATE
        if own and (refused or isinstance(error, ServerLostError)):
            raise _refusal(error, own, endpoint) from error
        if isinstance(error, ServerLostError) or refused:
            raise ServerUnreachableError(
                "the server refused to open a channel without security", server=endpoint.address
            ) from error
        raise


async def _create_session(client: Client, own: KeyPair | None, endpoint: OpcUaEndpoint) -> None:
    try:
        with converting(endpoint.address, "create a session"):
            await client.create_session()
    except OpcUaError as error:
        if own and isinstance(error, OwnCertificateRefusedError):
            raise _refusal(error, own, endpoint) from error
        if type(error.__cause__).__name__ == "InvalidSignature":
            raise CertificateError(
                "the server cannot prove that it has the key to its certificate", server=endpoint.address
            ) from error
        raise


def _know_server(client: Client, offer: ua.EndpointDescription, endpoint: OpcUaEndpoint) -> None:
    """Have the certificate that a password is encrypted for: a session without security need not show it."""
    policy = client.security_policy
    if policy.peer_certificate or not (endpoint.username or client.user_certificate):
        return
    if offer.ServerCertificate:
        leaf = chain_of(offer.ServerCertificate, endpoint)[0]
        policy.peer_certificate = leaf.public_bytes(Encoding.DER)
    elif endpoint.username and not _is_none(
        client.server_policy(ua.UserTokenType.UserName).SecurityPolicyUri
    ):
        raise CertificateError(
            "the server wants the password encrypted, and shows no certificate to do it with:"
            " use a security_policy",
            server=endpoint.address,
        )


async def _activate(client: Client, endpoint: OpcUaEndpoint) -> None:
    user = f"user {endpoint.username!r}" if endpoint.username else "anonymous user"
    hint = "wrong username or password, or no right to log in"
    if endpoint.user_certificate_file:
        user, hint = f"user certificate {endpoint.user_certificate_file}", "it must be trusted at the server"
    elif not endpoint.username:
        hint = "give username and password, or a user certificate"
    try:
        with converting(endpoint.address, f"log in as {user}"):
            await client.activate_session(
                username=endpoint.username or None,
                password=endpoint.password or None,
                certificate=client.user_certificate,
            )
    except LoginRefusedError as error:
        raise LoginRefusedError(
            f"{error.what}: {hint}", server=endpoint.address, code=error.status
        ) from error


def _refusal(error: OpcUaError, own: KeyPair, endpoint: OpcUaEndpoint) -> OwnCertificateRefusedError:
    how = "closed the connection" if isinstance(error, ServerLostError) else error.what
    if isinstance(error.__cause__, AssertionError):
        how = "refused to open the secure channel"
    code = error.status if error.status in CERTIFICATE else None
    return OwnCertificateRefusedError(
        f"the server does not accept our certificate ({how}). At the server, move"
        f" {own.certificate_file.name} (thumbprint {thumbprint(own.certificate)}) from its rejected to its"
        f" trusted certificates, or copy {own.certificate_file} there; its application URI is"
        f" {own.application_uri!r}",
        server=endpoint.address,
        code=code,
    )
