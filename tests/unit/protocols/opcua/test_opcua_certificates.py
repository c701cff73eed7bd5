"""Certificates over real connections: what stands in the way is said by name, and gets out of the way."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.common.utils import ServiceError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from fakes.opcua import Users
from fakes.opcua_plant import Plant
from integrations.protocols.opcua import (
    CertificateError,
    OpcUaEndpoint,
    OwnCertificateError,
    OwnCertificateRefusedError,
    ServerCertificateExpiredError,
    ServerCertificateUntrustedError,
)
from integrations.protocols.opcua.own_certificate import KeyPair, own_key_pair, self_signed

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRESSURE = "ns=2;s=STEAM.HEADER.PRESSURE"
SERVER_URI = "urn:plc"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key, name="plc", starts_in_days=-1.0):
    begin = datetime.now(UTC) + timedelta(days=starts_in_days)
    return self_signed(key, name, SERVER_URI, valid_from=begin, valid_days=10)


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


class SecuredPlant(Plant):
    """A server with a certificate; `refusals` holds the StatusCode by which it refuses ours, if it does.

    It is open without security too. There it wants passwords encrypted all the same, and does not repeat its
    certificate in a session, as open62541 does not.
    """

    def __init__(self, key):
        super().__init__(prepare=self.secure)
        self.key = key
        self.own = certificate(key)
        self.refusals = []

    async def secure(self, server, _):
        await server.set_application_uri(SERVER_URI)
        await server.load_certificate(der(self.own), "der")
        await server.load_private_key(KeyPair(self.own, self.key, None).key_pem, format="pem")
        server.set_security_policy(
            [ua.SecurityPolicyType.NoSecurity, ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt]
        )
        server.set_certificate_validator(self.judge)
        server.iserver.user_manager = Users()

    async def start(self):
        await super().start()
        for policy in self.server._policies:
            if policy.mode == ua.MessageSecurityMode.None_:
                policy.certificate = None

    async def judge(self, presented, description):
        for code in self.refusals:
            raise ServiceError(code)

    def show(self, certificate):
        """Let the server present another certificate, or none, to those who ask for its endpoints."""
        for endpoint in self.server.iserver.endpoints:
            endpoint.ServerCertificate = der(certificate) if certificate else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plant(key):
    secured = SecuredPlant(key)
    await secured.start()
    yield secured
    await secured.stop()


def endpoint_of(port, folder, trusted=None):
    endpoint = OpcUaEndpoint(
        host="127.0.0.1", port=port, timeout_seconds=5, keep_alive_seconds=0.5,
        security_policy="Basic256Sha256", pki_folder=str(folder),
    )  # fmt: skip
    if trusted:
        endpoint.trusted.mkdir(parents=True)
        (endpoint.trusted / "plc.der").write_bytes(der(trusted))
    return endpoint


@pytest.mark.parametrize("starts_in_days", [-30, 30], ids=["expired", "not yet valid"])
async def test_a_server_whose_certificate_is_out_of_its_time(
    plant, open_session, key, tmp_path, starts_in_days
):
    shown = certificate(key, starts_in_days=starts_in_days)
    plant.show(shown)
    with pytest.raises(ServerCertificateExpiredError) as caught:
        await open_session(endpoint_of(plant.port, tmp_path, shown))
    plant.show(plant.own)
    text = str(caught.value)
    assert f"127.0.0.1:{plant.port}" in text
    assert f"valid from {shown.not_valid_before_utc:%Y-%m-%d}" in text
    assert "a clock is wrong" in text


async def test_a_server_that_refuses_our_certificate(plant, open_session, tmp_path):
    endpoint = endpoint_of(plant.port, tmp_path, plant.own)
    for code in (ua.StatusCodes.BadCertificateUntrusted, ua.StatusCodes.BadCertificateTimeInvalid):
        plant.refusals = [code]
        with pytest.raises(OwnCertificateRefusedError) as caught:
            await open_session(endpoint)
        text = str(caught.value)
        assert "the server does not accept our certificate" in text
        assert str(endpoint.own_certificate) in text
        assert caught.value.status == code
    plant.refusals = []


async def test_our_own_certificate_out_of_its_time_is_said_before_the_server_is_asked(
    open_session, key, tmp_path
):
    endpoint = endpoint_of(1, tmp_path)
    own_key_pair(endpoint)
    old = KeyPair(certificate(key, "us", -30), key, None)
    endpoint.own_certificate.write_bytes(der(old.certificate))
    endpoint.own_key.write_bytes(old.key_pem)
    with pytest.raises(OwnCertificateError, match=f"{endpoint.own_certificate} is valid from .* renew it"):
        await open_session(endpoint)


async def test_a_password_is_encrypted_for_a_server_that_shows_its_certificate_in_its_endpoints_alone(
    plant, open_session
):
    operator = replace(plant.endpoint, username="operator", password="secret")  # noqa: S106 - of a fake
    session = await open_session(operator)
    assert [value.value for value in await session.read([PRESSURE])] == [10.0]
    plant.show(None)
    with pytest.raises(CertificateError, match="wants the password encrypted, and shows no certificate"):
        await open_session(operator)
    plant.show(plant.own)


async def test_a_server_that_comes_back_with_another_certificate_waits_until_that_is_trusted(
    plant, open_session, key, tmp_path
):
    endpoint = endpoint_of(plant.port, tmp_path)
    with pytest.raises(ServerCertificateUntrustedError, match="is not trusted"):
        await open_session(endpoint)
    trust(endpoint)
    session = await open_session(endpoint)
    await plant.stop()
    plant.own = certificate(key, "plc, renewed")
    await plant.start()
    await until(lambda: isinstance(session.last_error, ServerCertificateUntrustedError))
    trust(endpoint)
    await until(lambda: session.state == "open")
    assert [value.value for value in await session.read([PRESSURE])] == [10.0]


def trust(endpoint):
    """Do what the error says."""
    endpoint.trusted.mkdir(parents=True, exist_ok=True)
    for file in endpoint.rejected.iterdir():
        shutil.move(file, endpoint.trusted)


async def until(check):
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110 - the other side has no event to wait for
            await asyncio.sleep(0.02)
