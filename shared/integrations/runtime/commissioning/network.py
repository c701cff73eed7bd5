"""Who speaks a protocol in a range of addresses that somebody named; asked gently, and nothing is written."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.errors import ProtocolError, ProtocolTimeoutError
from integrations.protocols.hart import (
    Address,
    CannotConnectError,
    HartDevice,
    HartEndpoint,
    HartError,
    HartLink,
    HartTimeoutError,
    SessionRefusedError,
    Transport,
)
from integrations.protocols.modbus import (
    ExceptionResponseError,
    Function,
    ModbusEndpoint,
    ModbusError,
    ModbusLine,
    Span,
)
from integrations.protocols.opcua import OpcUaEndpoint

MOST_ADDRESSES = 1024
MOST_AT_ONCE = 32
PORTS = (502, 4840, 5094)
HART_PORT = 5094
ANSWER_SECONDS = 4
"""So many times as long as for a connection is waited for an answer."""


class Seen(Struct, frozen=True):
    """Something that listens; no protocol where it answers to none of ours."""

    address: str
    port: int
    protocol: str
    detail: str
    probe: str


def addresses_of(text: str) -> list[str]:
    """Read 127.0.0.0/28, 10.0.0.5 or 10.0.0.5-10.0.0.20 as addresses.

    Raises:
        ConfigurationError: it is something else, or too many.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
            count = int(high) - int(low) + 1 if low.version == high.version else 0
        else:
            network = ipaddress.ip_network(first, strict=False)
            low, count = network.network_address, network.num_addresses
    except ValueError:
        count = 0
    if count < 1:
        allowed = "must be a network, an address or a range: 10.0.0.0/28, 10.0.0.5, 10.0.0.5-10.0.0.20"
        raise ConfigurationError([Fault("", "range", text, allowed)])
    if count > MOST_ADDRESSES:
        allowed = f"must be at most {MOST_ADDRESSES} addresses, are {count}"
        raise ConfigurationError([Fault("", "range", text, allowed)])
    there = [low + at for at in range(count)] if dash else list(network.hosts())
    return [str(address) for address in there]


async def search(
    places: Sequence[tuple[str, int]], *, rate: float, patience_seconds: float, told: Callable[[], None]
) -> AsyncIterator[Seen]:
    """Yield who answers, place by place; at most `rate` places are begun in a second."""
    free = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(address: str, port: int) -> list[Seen]:
        async with free:
            found = await look_at(address, port, patience_seconds)
            told()
            return found

    tasks = []
    try:
        for address, port in places:
            tasks.append(asyncio.ensure_future(one(address, port)))
            await asyncio.sleep(1 / rate)
        for task in tasks:
            for seen in await task:
                yield seen
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def look_at(address: str, port: int, patience_seconds: float) -> list[Seen]:
    """Return what listens at one port, over TCP and, at HART's port, UDP."""
    found = []
    if port == HART_PORT and (detail := await _hart(address, port, Transport.UDP, patience_seconds)):
        found.append(_seen(address, port, "hart-ip", f"over UDP, {detail}"))
    if not await _listens(address, port, patience_seconds):
        return found
    usual = {502: _modbus, 4840: _opcua, HART_PORT: _hart_tcp}.get(port, _modbus)
    for ask in dict.fromkeys((usual, _modbus, _opcua, _hart_tcp)):
        if detail := await ask(address, port, patience_seconds * ANSWER_SECONDS):
            return [*found, _seen(address, port, _SCHEMES[ask], detail)]
    return [*found, Seen(address, port, "", "something listens, and answers to none of the protocols", "")]


def _seen(address: str, port: int, scheme: str, detail: str) -> Seen:
    host = f"[{address}]" if ":" in address else address
    return Seen(address, port, scheme, detail, f"gl003 probe {scheme}://{host}:{port}")


async def _listens(address: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _modbus(address: str, port: int, seconds: float) -> str:
    line = ModbusLine(ModbusEndpoint(host=address, port=port, timeout_seconds=seconds))
    try:
        await line.read(1, Span(Function.HOLDING, 0, 1))
    except ExceptionResponseError as error:
        return f"unit 1: {error.what}"
    except ModbusError:
        return ""
    finally:
        await line.close()
    return "unit 1 gives registers"


async def _opcua(address: str, port: int, seconds: float) -> str:
    from integrations.protocols.opcua.client import offers  # noqa: PLC0415  # slow to load, seldom needed

    try:
        found = await offers(OpcUaEndpoint(host=address, port=port, timeout_seconds=seconds))
    except ProtocolError:
        return ""
    return ", ".join(dict.fromkeys(f"{one.policy}/{one.mode}" for one in found)) or "no endpoints"


async def _hart_tcp(address: str, port: int, seconds: float) -> str:
    return await _hart(address, port, Transport.TCP, seconds)


async def _hart(address: str, port: int, transport: Transport, seconds: float) -> str:
    link = HartLink(HartEndpoint(host=address, port=port, transport=transport, timeout_seconds=seconds))
    try:
        identity = await HartDevice(link, Address.polling(0)).identity()
    except SessionRefusedError as error:
        return error.what
    except (CannotConnectError, HartTimeoutError, ProtocolTimeoutError):
        return ""
    except HartError as error:
        return error.what if error.code is not None else ""
    finally:
        await link.close()
    return f"HART {identity.universal_revision} {identity.address}"


_Ask = Callable[[str, int, float], Awaitable[str]]
_SCHEMES: dict[_Ask, str] = {_modbus: "modbus", _opcua: "opc.tcp", _hart_tcp: "hart-ip"}
