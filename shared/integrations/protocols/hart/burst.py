"""Burst messages: values that a device publishes on its own.

Source: HCF_SPEC-127 (FCG TS20127) on burst mode; command 533, Subscribe: HCF_SPEC-085 (FCG TS20085).
"""

from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from .address import Address
from .commands import MEASURED, Command
from .errors import CommandRefusedError, FrameError, HartError
from .frame import Frame, Reply
from .link import HartLink
from .poll import SLOT_CODES, VARIABLES, Gathering, HartPoll
from .response_code import is_error

logger = structlog.get_logger(__name__)

PROCESS_DATA = 0x0001
RETRY_SECONDS = 2.0

Ask = Callable[[int, bytes], Awaitable[Reply]]


async def listen(
    link: HartLink,
    address: Address,
    ask: Ask,
    callback: Callable[[HartPoll], None],
    now_ns: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]],
) -> Never:
    """Call `callback` with every burst of a device, until cancelled, through restarts of the server.

    Bursts are of commands 1, 2, 3 and 9; the device must be in burst mode. A server that wants a
    subscription gets one in each session; one that knows none publishes unasked.
    """
    names = {**SLOT_CODES, **await assignments(ask)}

    def take(_: Frame, reply: Reply) -> None:
        if (burst := read_burst(reply, names, now_ns())) is not None:
            callback(burst)

    stop = link.listen(address, take)
    try:
        while True:
            await _stay_subscribed(link, address, ask, sleep)
    finally:
        stop()


async def assignments(ask: Ask) -> dict[int, str]:
    """Ask which device variables are PV to QV; a device that does not say leaves it at the fixed codes."""
    try:
        reply = await ask(Command.READ_DYNAMIC_VARIABLE_ASSIGNMENTS, b"")
    except HartError:
        return {}
    # PV wins where a device shows one variable twice
    return {code: name for name, code in reversed(tuple(zip(VARIABLES, reply.data, strict=False)))}


def read_burst(reply: Reply, names: dict[int, str], time_ns: int) -> HartPoll | None:
    """Return what a burst brings; None when that is nothing of a command that is understood."""
    kind = MEASURED.get(reply.command)
    if kind is None or is_error(reply.code):
        return None
    gathered = Gathering(names)
    try:
        gathered.take(kind.decode(reply.data), reply.code, reply.device_status)
    except FrameError as error:
        logger.warning("hart burst is unreadable", command=reply.command, reason=error.what)
        return None
    return gathered.result(gathered.names, time_ns)


async def _stay_subscribed(
    link: HartLink, address: Address, ask: Ask, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Subscribe, and return when the session is over; after a pause if there is none."""
    try:
        session = await link.session()
        await _subscribe(address, ask)
    except HartError as error:
        logger.warning("no subscription to hart bursts", link=str(link.endpoint), reason=str(error))
        await sleep(RETRY_SECONDS)
    else:
        await session.closed()


async def _subscribe(address: Address, ask: Ask) -> None:
    try:
        await ask(Command.SUBSCRIBE, address.octets + PROCESS_DATA.to_bytes(2, "big"))
    except CommandRefusedError as error:
        logger.info("hart server takes no subscriptions", device=str(address), reason=error.what)
