"""Opens connections and serial ports."""

import asyncio
import os
from contextlib import suppress

from pymodbus.transport.serialtransport import create_serial_connection

from .endpoint import ModbusEndpoint, Transport
from .errors import CannotConnectError
from .link import Link
from .rtu import Debts, RtuLink
from .tcp import TcpLink

SETTINGS_REFUSED: tuple[type[Exception], ...] = ()
with suppress(ImportError):  # Windows has ports, and no termios
    import termios

    SETTINGS_REFUSED = (termios.error,)
PSEUDO_TERMINALS = "/dev/pts/"


async def open_link(endpoint: ModbusEndpoint, debts: Debts) -> Link:
    """Open one connection to `endpoint`.

    Raises:
        CannotConnectError: refused, unreachable, unknown name, no such port, or not up in time.
    """
    link = TcpLink(str(endpoint)) if endpoint.transport == Transport.TCP else RtuLink(endpoint, debts)
    try:
        async with asyncio.timeout(endpoint.timeout_seconds):
            if endpoint.transport == Transport.RTU:
                await _open_serial(endpoint, link)
            else:
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: link, endpoint.host, endpoint.port)
    except TimeoutError:
        what = f"cannot connect: no answer within {endpoint.timeout_seconds:g} s"
        raise CannotConnectError(what, line=str(endpoint)) from None
    except SETTINGS_REFUSED as error:
        what = f"cannot connect: the port does not take {endpoint.settings}: {error.args[-1]}"
        raise CannotConnectError(what, line=str(endpoint)) from error
    except (OSError, ValueError) as error:
        raise CannotConnectError(f"cannot connect: {error}", line=str(endpoint)) from error
    return link


async def _open_serial(endpoint: ModbusEndpoint, link: Link) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await create_serial_connection(
        loop,
        lambda: link,
        endpoint.device,
        baudrate=endpoint.baud_rate,
        bytesize=8,
        parity=_parity(endpoint),
        stopbits=endpoint.stop_bits,
        timeout=endpoint.timeout_seconds,
    )
    try:
        await link.opened()
    except BaseException:
        loop.call_soon(transport.abort)  # behind the set-up that pymodbus has already put into the loop
        raise


def _parity(endpoint: ModbusEndpoint) -> str:
    """A pseudo terminal carries bytes and knows no parity; glibc refuses to set one."""
    is_pseudo = os.path.realpath(endpoint.device).startswith(PSEUDO_TERMINALS)
    return "N" if is_pseudo else endpoint.parity
