"""Who we are to a real nats-server, and whether it is the one we trust."""

import asyncio
import json

import nkeys
import pytest

from fakes.identities import Authority, account, credentials, key_pair, public, token
from integrations.bus import Bus, BusEventKind, BusSettings, BusUnreachableError, EmbeddedServer


async def talks(server, **login):
    """Connect, and get back what was sent; then once more after the server was away."""
    async with Bus(BusSettings(url=server.url, **login), attempts=1) as bus:
        got = await bus.client.subscribe("there")
        back = asyncio.Event()
        bus.observe(lambda event: event.kind is BusEventKind.RECONNECTED and back.set())

        async def echo():
            await bus.client.publish("there", b"and back")
            assert (await got.next_msg(5)).data == b"and back"

        await echo()
        await server.stop()
        await server.start()
        await asyncio.wait_for(back.wait(), 10)
        await echo()


async def refused(server, why, **login):
    with pytest.raises(BusUnreachableError, match=why):
        async with Bus(BusSettings(url=server.url, **login), attempts=1):
            pass


def secret(path, text):
    path.write_text(text)
    return str(path)


async def test_user_and_password_or_a_token():
    async with EmbeddedServer(config="authorization { user: a, password: b }") as server:
        await talks(server, user="a", password="b")  # noqa: S106 - test data
        await refused(server, "Authorization Violation", user="a", password="c")  # noqa: S106 - test data
    async with EmbeddedServer(config='authorization { token: "s3cret" }') as server:
        await talks(server, token="s3cret")  # noqa: S106 - test data
        await refused(server, "Authorization Violation", token="guess")  # noqa: S106 - test data


async def test_a_password_or_a_token_from_a_file(tmp_path):
    file = secret(tmp_path / "secret", "b c\nwhat else is in it\n")
    async with EmbeddedServer(config='authorization { user: a, password: "b c" }') as server:
        await talks(server, user="a", password_file=file)
    async with EmbeddedServer(config='authorization { token: "b c" }') as server:
        await talks(server, token_file=file)


async def test_an_nkey(tmp_path):
    known, stranger = (key_pair(nkeys.PREFIX_BYTE_USER) for _ in range(2))
    async with EmbeddedServer(config=f"authorization {{ users: [{{ nkey: {public(known)} }}] }}") as server:
        await talks(server, nkey_seed_file=secret(tmp_path / "known.nk", known.seed.decode()))
        stranger_file = secret(tmp_path / "stranger.nk", stranger.seed.decode())
        await refused(server, "Authorization Violation", nkey_seed_file=stranger_file)


async def test_a_credentials_file(tmp_path):
    operator, known = key_pair(nkeys.PREFIX_BYTE_OPERATOR), key_pair(nkeys.PREFIX_BYTE_ACCOUNT)
    operator_token = token(operator, operator, "operator", {"type": "operator", "version": 2})
    operator_file = secret(tmp_path / "operator.jwt", operator_token)
    system = key_pair(nkeys.PREFIX_BYTE_ACCOUNT)
    config = f"""
        operator: {json.dumps(operator_file)}
        resolver: MEMORY
        system_account: {public(system)}
        resolver_preload {{
            {public(known)}: {account(operator, known)}
            {public(system)}: {account(operator, system)}
        }}
    """
    async with EmbeddedServer(config=config) as server:
        await talks(server, credentials_file=secret(tmp_path / "meter.creds", credentials(known, "meter")))
        unknown = credentials(key_pair(nkeys.PREFIX_BYTE_ACCOUNT), "meter")
        unknown_file = secret(tmp_path / "unknown.creds", unknown)
        await refused(server, "Authorization Violation", credentials_file=unknown_file)


async def test_tls_of_a_server_that_is_trusted_and_of_one_that_is_not(tmp_path):
    ours = Authority(tmp_path)
    certificate, key = ours.certify("server")
    config = f"tls {{ cert_file: {json.dumps(str(certificate))}, key_file: {json.dumps(str(key))} }}"
    async with EmbeddedServer(config=config) as server:
        await talks(server, tls_ca_file=str(ours.file))
        await talks(server, tls_verify=False)
        await refused(server, "certificate verify failed")
        theirs = Authority(tmp_path, "theirs")
        await refused(server, "certificate verify failed", tls_ca_file=str(theirs.file))
        strange = {"tls_ca_file": str(ours.file), "tls_server_hostname": "nats.example"}
        await refused(server, "Hostname mismatch", **strange)


async def test_tls_in_which_the_server_wants_to_know_us_too(tmp_path):
    ours = Authority(tmp_path)
    certificate, key = ours.certify("server")
    config = f"""tls {{
        cert_file: {json.dumps(str(certificate))}, key_file: {json.dumps(str(key))},
        ca_file: {json.dumps(str(ours.file))}, verify: true
    }}"""
    own = dict(zip(("tls_certificate_file", "tls_key_file"), map(str, ours.certify("client")), strict=True))
    async with EmbeddedServer(config=config) as server:
        await talks(server, tls_ca_file=str(ours.file), **own)
        await refused(
            server, "wants a client's certificate: set tls_certificate_file", tls_ca_file=str(ours.file)
        )
