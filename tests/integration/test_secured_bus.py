"""A bus on which everybody may do what they must, and nothing else: TLS, keys, permissions."""

import asyncio
import re
import time
from contextlib import AsyncExitStack, suppress

import pytest

from fakes.condensate import CondensateRegisters, condensate_table
from fakes.header import SECOND, HeaderReadings, header_table, raw_reading
from fakes.modbus import TcpPeer
from fakes.secured import free_port, secured
from fakes.site import SITE, Meter, document, eventually, meter_table, running, served
from integrations.bus import (
    Bus,
    BusEventKind,
    BusForbiddenError,
    BusSettings,
    BusUnreachableError,
    JetStreamError,
    JetStreamUnavailableError,
    Latest,
    Publisher,
    StreamSettings,
    ensure_streams,
    stream_configs,
)
from integrations.messages import CleanBatch, decode
from integrations.runtime.discovery import discover

SMALL = StreamSettings(storage_bytes=64 * 1024 * 1024)


@pytest.fixture
async def plant(tmp_path):
    async with secured(tmp_path / "secrets", SITE) as plant:
        yield plant


async def make_streams(plant):
    async with Bus(plant.settings("operator"), attempts=3) as bus:
        await ensure_streams(bus, stream_configs(SMALL, "test"), attempts=3)


def matches(pattern, subject):
    """Whether a NATS subject with wildcards takes in a concrete one."""
    expression = re.escape(pattern).replace(r"\*", r"[^.]+").replace(r"\.>", r"\..+").replace(r"^>$", ".+")
    return re.fullmatch(expression, subject) is not None


def allowed(grant, subject):
    return any(matches(each, subject) for each in grant.publish) and not any(
        matches(each, subject) for each in grant.never
    )


async def refused(plant, role, subjects):
    """Publish to each subject as `role`; return those that the server refuses."""
    found = set()
    async with Bus(plant.settings(role), attempts=3) as bus:
        bus.observe(lambda event: found.add(event.subject))
        for subject in subjects:
            await bus.client.publish(subject, b"")
        await bus.client.publish("x", b"")  # nobody may: its refusal comes after all others
        await eventually(lambda: "x" in found)
    return {subject for subject in subjects if subject.lower() in found}


async def test_no_role_may_publish_what_is_another_roles(plant):
    samples = {
        re.sub(r"[*>]", "x", subject)
        for role in plant.kit.roles
        for subject in role.grant.publish
        if not subject.startswith("$JS.API.")  # a request with an empty body would be one
    }
    samples |= {"x", f"gl.{SITE}.x", "gl.elsewhere.raw.steam_meter.x", "$SYS.REQ.SERVER.PING"}
    samples |= {f"gl.{SITE}.svc.scada.x.write", "$KV.gl_latest.elsewhere.x.x", "$JS.API.STREAM.PURGE.RAW"}
    everything = sorted(samples)
    for role in plant.kit.roles:
        if role.name == "operator":
            everything = [subject for subject in everything if not subject.startswith("$JS")]
        expected = {subject for subject in everything if not allowed(role.grant, subject)}
        assert await refused(plant, role.name, everything) == expected, role.name


async def test_who_writes_what_is_written_down_here_once_more(plant):
    grants = {role.name: role.grant for role in plant.kit.roles}

    def who(subject):
        return {name for name, grant in grants.items() if allowed(grant, subject)}

    assert who(f"gl.{SITE}.raw.scada.boiler") == {"scada"}
    assert who(f"gl.{SITE}.clean.steam_meter.x") == {"transformation"}
    assert who(f"gl.{SITE}.clean.balance.x") == {"balances"}
    assert who(f"gl.{SITE}.event.scada.x") == {"scada"}
    assert who(f"gl.{SITE}.dead.RAW") == {"transformation"}
    assert "reader" not in who(f"gl.{SITE}.svc.scada.a.write")
    assert who("$KV.gl_config." + f"{SITE}.transformation.sensors.x") == {"operator"}
    assert who("$JS.API.STREAM.DELETE.RAW") == {"operator"}


async def test_nobody_hears_the_answers_to_others(plant):
    subjects = [role.inbox + ".x" for role in plant.kit.roles] + ["_INBOX.x"]
    for role in plant.kit.roles:
        async with Bus(plant.settings(role.name), attempts=3) as bus:
            denied = []
            bus.observe(lambda event, denied=denied: denied.append(event.subject))
            for subject in subjects:
                await bus.client.subscribe(subject)
            expected = {subject.lower() for subject in subjects if not subject.startswith(role.inbox + ".")}
            await eventually(lambda denied=denied, expected=expected: set(denied) >= expected)
            assert set(denied) == expected, role.name


async def test_a_compromised_reader_cannot_write_a_tag_and_is_told_so(plant):
    async with Bus(plant.settings("reader"), attempts=3) as bus:
        with pytest.raises(BusForbiddenError, match=r"may not publish to gl\.test\.svc\.scada\.a\.write"):
            await bus.request(f"gl.{SITE}.svc.scada.a.write", {"tag": "STEAM.SETPOINT", "value": 99})
        with pytest.raises(BusForbiddenError, match=r"\$js.api.stream.purge.clean"):
            await bus.api("STREAM.PURGE.CLEAN")
        assert bus.counts[BusEventKind.PERMISSION_DENIED] == 2


async def test_a_stranger_and_a_stranger_with_a_certificate_are_kept_out(plant):
    known = plant.table("reader")
    without_key = {key: value for key, value in known.items() if key != "nkey_seed_file"}
    for settings, why in (
        (BusSettings(url=known["url"]), "certificate verify failed"),
        (BusSettings(url=known["url"], tls_ca_file=known["tls_ca_file"]), "client's certificate"),
        (BusSettings(**without_key), "Authorization Violation"),
    ):
        with pytest.raises(BusUnreachableError, match=why):
            async with Bus(settings, attempts=1):
                pass


async def test_services_with_their_own_keys_read_clean_balance_and_answer(plant, capfd, caplog):
    caplog.set_level("DEBUG")
    await make_streams(plant)
    start = HeaderReadings((), began_ns=time.time_ns() - 70 * SECOND)

    async with (
        served(Meter()) as server,
        TcpPeer(CondensateRegisters(flow_rate=20.0)) as peer,
        Bus(plant.settings("reader"), attempts=3) as reader,
        AsyncExitStack() as services,
    ):
        table = document(
            "",
            meter_table(server.port),
            condensate_meter=[condensate_table(peer.port)],
            balances=[header_table()],
            console={"port": free_port(), "token": "look-at-the-plant"},
        )
        names = ("transformation", "balances", "steam_meter", "condensate_meter", "console")
        for name in names:
            await services.enter_async_context(running(name, {**table, "nats": plant.table(name)}))
        await eventually(lambda: consumer_is_there(plant))
        await feed(plant, start)
        latest = Latest(reader)

        async def good(key, unit):
            value = await latest.get(f"{SITE}.{key}")
            found = decode(value.data, CleanBatch) if value else None
            return found and found.unit == unit and found.value[-1] is not None

        await eventually(lambda: good("steam_meter.meter-pressure", "barg"))
        await eventually(lambda: good("condensate_meter.returned-return_percentage", "%"))
        await eventually(lambda: good("balance.steam_header-header_pressure", "bara"))
        for name in names:
            health = await reader.client.request(f"gl.{SITE}.svc.{name}.a.health", timeout=5)
            assert b'"state"' in health.data
        assert {found.service for found in await discover(reader)} == set(names)
    log = "".join(capfd.readouterr()) + caplog.text
    assert "connected to tls://127.0.0.1" in log
    assert "may not" not in log
    assert "permissions violation" not in log.lower()
    assert not [secret for secret in plant.secrets if secret in log]


async def consumer_is_there(plant):
    async with Bus(plant.settings("operator"), attempts=3) as bus:
        with suppress(JetStreamError):
            return await bus.api(f"CONSUMER.INFO.CLEAN.balances-{SITE}")


async def feed(plant, readings):
    """Put readings of a steam header into RAW, as its meter's service may."""
    async with Bus(plant.settings("steam_meter"), attempts=3) as bus, Publisher(bus) as publisher:
        await publisher.publish_all([raw_reading(readings, readings.next()) for _ in range(60)])


async def test_streams_that_are_not_there_are_waited_for_by_who_may_not_make_them(plant):
    async with Bus(plant.settings("steam_meter"), attempts=3) as bus:
        with pytest.raises(JetStreamUnavailableError, match=r"stream RAW is not there.*gl003 streams"):
            await ensure_streams(bus, stream_configs(SMALL, "test"), attempts=1)
        waiting = asyncio.create_task(ensure_streams(bus, stream_configs(SMALL, "test")))
        await make_streams(plant)
        await asyncio.wait_for(waiting, 20)
