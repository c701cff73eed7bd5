"""A field device on real HART-IP: polls, addresses, what it declines, promises and confesses."""

import asyncio
import math
import time

import pytest

from integrations.messages import Status
from integrations.protocols.hart import (
    Address,
    DelayedResponseDeadError,
    DelayedResponseError,
    DeviceBusyError,
    DeviceStatus,
    DirectCommand,
    FrameError,
    HartDevice,
    LongTag,
    NoFieldDeviceError,
    TagDescriptorDate,
    UnsupportedCommandError,
    WrongDeviceError,
)


async def test_a_poll_has_every_variable_with_its_unit(device):
    before_ns = time.time_ns()
    poll = await device.poll()
    assert poll.names == ("pv", "sv", "tv", "qv", "loop_current", "percent")
    assert poll.values.tolist() == [7200.0, 1234.5, 184.0, 10.0, 12.0, 50.0]
    assert poll.units == ("kg/h", "t", "°C", "bar", "mA", "%")
    assert set(poll.status.tolist()) == {Status.GOOD}
    assert before_ns < poll.time_ns < time.time_ns()
    assert poll.duration_seconds > 0
    assert poll.errors == ()


async def test_what_the_device_shows_next_comes_next(device, server, shown):
    await device.poll()
    shown.values = {**shown.values, "flow_rate": -5.0}
    server.refresh()
    assert (await device.poll()).values[0] == -5.0


@pytest.mark.parametrize("address", ["FT-1", "meter 1", Address.polling(1)])
async def test_a_device_is_found_by_tag_and_by_polling_address(link, shown, address):
    identity = await HartDevice(link, address).identity()
    assert identity.address == shown.device(1).address
    assert (await HartDevice(link, identity.address).poll()).values[0] == 7200.0


async def test_a_device_tells_who_it_is(device, link):
    identity = await device.identity()
    assert (identity.universal_revision, identity.manufacturer) == (7, 0xE0)
    assert await device.read(13) == TagDescriptorDate("FT-0", "SIMULATED")
    assert await device.read(20) == LongTag("meter 0")
    assert (await device.read(15)).upper_range == 14_400.0
    assert (await device.read(48)).device_specific == bytes(6)
    direct = await link.direct([DirectCommand(0), DirectCommand(99)])
    assert [reply.code for reply in direct.replies] == [0, 64]


async def test_a_command_that_is_not_known_is_refused_by_name(device):
    with pytest.raises(UnsupportedCommandError, match=r"device 20f1.*, command 200: response code 64"):
        await device.command(200)
    with pytest.raises(FrameError, match="command must be one of"):
        await device.read(50)


async def test_a_device_that_says_it_is_another_one_is_not_read(link, shown, monkeypatch):
    asked, other = shown.device(0).address, shown.device(1).address
    answer = await HartDevice(link, other).command(0)

    async def confused(request, timeout_seconds=None):
        return answer

    monkeypatch.setattr(link, "exchange", confused)
    with pytest.raises(WrongDeviceError, match=rf"{asked}, command 0: the device says that it is {other}"):
        await HartDevice(link, asked).poll()


async def test_where_no_device_is_the_gateway_says_so(link):
    with pytest.raises(NoFieldDeviceError, match=r"polling address 9, command 0: no field device there"):
        await HartDevice(link, Address.polling(9)).poll()


async def test_a_tag_that_nobody_has_is_an_error(link):
    with pytest.raises(NoFieldDeviceError, match=r"device 0000000000, command 11: no field device there"):
        await HartDevice(link, "NOBODY").poll()


async def test_busy_is_asked_again_with_growing_pauses(link, server):
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    device = HartDevice(link, sleep=sleep)
    await device.poll()
    await server.fault("busy", "FT-0", times=3)
    assert (await device.poll()).values[0] == 7200.0
    assert pauses == [0.1, 0.2, 0.4]


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("busy", DeviceBusyError, 32),
        ("delayed", DelayedResponseError, 34),
        ("gave_up", DelayedResponseDeadError, 35),
    ],
)
async def test_patience_ends_with_the_reason(link, server, fault, error, code):
    device = HartDevice(link, patience_seconds=0.15)
    await device.poll()
    await server.fault(fault, "FT-0")
    with pytest.raises(error, match=rf"response code {code}") as caught:
        await device.poll()
    assert caught.value.code == code
    server.heal("FT-0")
    assert (await device.poll()).values[0] == 7200.0


async def test_a_delayed_response_is_fetched(link, server):
    device = HartDevice(link, sleep=lambda _: asyncio.sleep(0))
    await device.poll()
    await server.fault("delayed", "FT-0", times=4)
    assert (await device.poll()).values[0] == 7200.0


async def test_a_value_that_is_not_a_number_is_a_failed_sensor_and_the_others_are_well(device, server):
    await server.fault("nan", "FT-0")
    poll = await device.poll()
    assert math.isnan(poll.values[0])
    assert poll.values[1:4].tolist() == [1234.5, 184.0, 10.0]
    assert poll.status.tolist()[:4] == [Status.BAD_SENSOR_FAILURE, *[Status.GOOD] * 3]


async def test_a_malfunction_makes_everything_bad_and_hides_no_number(device, server):
    await server.fault("malfunction", "FT-0")
    poll = await device.poll()
    assert set(poll.status.tolist()) == {Status.BAD_DEVICE_FAILURE}
    assert poll.values[1:4].tolist() == [1234.5, 184.0, 10.0]
    assert DeviceStatus.MALFUNCTION in poll.device_status


async def test_an_answer_from_another_address_is_an_error_that_names_both(link, server, shown):
    device, neighbour = HartDevice(link), HartDevice(link, Address.polling(1))
    await device.poll()
    await server.fault("wrong_address", "FT-0")
    own = shown.device(0).address
    with pytest.raises(WrongDeviceError, match=rf"{own}, command 3: answer from device 20f1") as caught:
        await device.poll()
    assert str(own) not in caught.value.what
    assert (await neighbour.poll()).values[0] == 7200.0
    server.heal("FT-0")
    assert (await device.poll()).values[0] == 7200.0


async def test_a_silent_device_costs_one_timeout_and_its_neighbour_nothing(link, server):
    silent, neighbour = HartDevice(link, timeout_seconds=60), HartDevice(link, Address.polling(1))
    await silent.poll()
    await server.fault("silent", "FT-0")
    waiting = asyncio.ensure_future(silent.poll())
    for _ in range(20):
        assert (await neighbour.poll()).values[0] == 7200.0
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.heal("FT-0")
    assert (await silent.poll()).values[0] == 7200.0


def pressure_of(burst):
    return dict(zip(burst.names, burst.values.tolist(), strict=True))["qv"]


async def test_bursts_come_and_come_again_when_the_server_has_restarted(server, shown, transport, link_to):
    link = link_to(server, transport, timeout_seconds=0.2, inactivity_seconds=1)
    device = HartDevice(link, "FT-1", sleep=lambda _: asyncio.sleep(0.01))
    bursts = asyncio.Queue()

    async def until(pressure):
        shown.values = {**shown.values, "pressure": pressure}
        async with asyncio.timeout(10):
            while bursts.empty() or pressure_of(bursts.get_nowait()) != pressure:
                server.refresh()
                await asyncio.sleep(0.005)

    listening = asyncio.create_task(device.listen(bursts.put_nowait))
    await until(10.5)
    await server.fault("restart", seconds=0)
    await until(9.0)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
