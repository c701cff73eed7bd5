"""A field device behind a HART-IP server, read poll by poll."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Never

from .address import Address
from .burst import listen
from .commands import MEASURED, Answer, Command, Measured, decode_answer
from .conversation import UNREACHED, AddressOrTag, Conversation
from .errors import FrameError, HartError
from .frame import Reply
from .identity import Identity
from .link import HartLink
from .places import Places
from .poll import QUANTITIES, SLOT_CODES, VARIABLES, Gathering, HartPoll
from .repeated import RepeatedAnswer

FIRST_REVISION_WITH_STATUS = 6
"""HART 5 knows no command 9."""
FIRST_REVISION_BY_STATUS_ALONE = 7
_READ_SLOTS = Command.READ_DEVICE_VARIABLES
_CODES = {name: code for code, name in SLOT_CODES.items() if name in VARIABLES}

Step = tuple[int, bytes, tuple[str, ...]]
"""A request of a poll: command, data, and the quantities it brings."""


class HartDevice:
    """Polls one device; a second poll waits for the first.

    It is addressed by its long address, by polling address or by tag. Each poll sends the commands that
    `quantities` need: 3 (variables and loop current), 2 (percent) and, with `variable_status`, 9 to devices
    of HART 6 or later. Command 2 or 9 refused is left out until the device is found anew. Where a poll of
    nothing but PV to QV has shown that a device of HART 7 says the same by command 9, with the status of
    each, the polls to come send that alone. "Busy" and "delayed response" are asked again until
    `patience_seconds` are over.
    """

    def __init__(  # noqa: PLR0913  # two say which device, the rest are keywords with defaults
        self,
        link: HartLink,
        address: AddressOrTag | None = None,
        *,
        quantities: Sequence[str] = QUANTITIES,
        variable_status: bool = True,
        timeout_seconds: float | None = None,
        patience_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        unknown = [name for name in quantities if name not in QUANTITIES]
        if unknown or not quantities:
            got = ", ".join(unknown) or "none"
            raise ValueError(f"quantities must be some of {', '.join(QUANTITIES)}, got {got}")
        where = Address.polling(0) if address is None else address
        self.link = link
        self.quantities = tuple(quantities)
        self._talk = Conversation(link, where, timeout_seconds, patience_seconds, clock, sleep)
        self._slots = bytes(_CODES[name] for name in self.quantities if name in _CODES)
        self._asks_slots = variable_status and bool(self._slots)
        self._repeated: RepeatedAnswer | None = None
        self._refused: set[int] = set()
        self._planned: tuple[Step, ...] = ()
        self._planned_for: Identity | None = None
        self._now_ns = now_ns
        self._sleep = sleep
        self._turn = Places(1)

    @property
    def name(self) -> str:
        """Server and address as configured."""
        return self._talk.name

    async def poll(self) -> HartPoll:
        """Read the quantities.

        Raises:
            HartError: nothing could be read, for the reason it names. The first timeout ends a poll, so a
                silent device costs one however many commands it needs.
        """
        if not self._turn.take():
            await self._turn.wait()
        try:
            repeated = self._repeated
            if repeated is None or self._planned_for is not self._talk.identity:
                return await self._poll_all()
            began_ns = self._now_ns()
            pdu = await self.link.ask(repeated.request, self._talk.timeout_seconds)
            poll = repeated.read(pdu, *self._since(began_ns))
            return poll or await self._judge(repeated, pdu, began_ns)
        except UNREACHED:
            self._talk.forget()
            raise
        finally:
            self._turn.give_back()

    async def identity(self) -> Identity:
        """Ask the device who it is; errors as `command`."""
        async with self._turn:
            self._talk.forget()
            self._start_over()
            return await self._talk.find()

    async def command(self, number: int, data: bytes = b"") -> Reply:
        """Send any command, numbers up to 65535, and return its reply, which is no error.

        Raises:
            ResponseCodeError: the device declined.
            HartError: by name what else went wrong.
        """
        async with self._turn:
            return await self._talk.ask(number, data)

    async def read(self, number: int) -> Answer:
        """Send a command without data and decode its answer; `number` is one of `ANSWERS`.

        Raises:
            FrameError: the answer is too short, or the command is none of them.
            HartError: as `command`.
        """
        reply = await self.command(number)
        try:
            return decode_answer(number, reply.data)
        except FrameError as error:
            raise error.at(self.name, number) from None

    async def listen(self, callback: Callable[[HartPoll], None]) -> Never:
        """Call `callback` with every burst of the device, until cancelled; see `burst.listen`.

        Raises:
            HartError: the device could not be found at first.
        """
        identity = await self.identity()
        await listen(self.link, identity.address, self.command, callback, self._now_ns, self._sleep)

    def _plan_for(self, identity: Identity) -> None:
        self._planned, self._planned_for = tuple(self._plan(identity)), identity
        self._repeated = None

    def _plan(self, identity: Identity) -> Iterator[Step]:
        """Yield each request of a poll."""
        dynamic = tuple(name for name in self.quantities if name != "percent")
        if dynamic:
            yield Command.READ_DYNAMIC_VARIABLES, b"", dynamic
        if "percent" in self.quantities and Command.READ_LOOP_CURRENT_AND_PERCENT not in self._refused:
            yield Command.READ_LOOP_CURRENT_AND_PERCENT, b"", ("percent",)
        if self._asks_status(identity) and Command.READ_DEVICE_VARIABLES not in self._refused:
            yield Command.READ_DEVICE_VARIABLES, self._slots, ()

    def _asks_status(self, identity: Identity) -> bool:
        return self._asks_slots and identity.universal_revision >= FIRST_REVISION_WITH_STATUS

    def _start_over(self) -> None:
        self._refused.clear()
        self._planned_for = self._repeated = None

    async def _poll_all(self) -> HartPoll:
        """Send each command of the plan."""
        identity = await self._talk.find()
        if self._planned_for is not identity:
            self._plan_for(identity)
        began_ns = self._now_ns()
        gathered, errors, has_read = Gathering(), list[HartError](), False
        for number, data, names in self._planned:
            if errors and not errors[-1].is_refusal:
                gathered.miss(names, errors[-1])
                continue
            try:
                reply = await self._talk.ask(number, data)
                gathered.take(self._measured(reply), reply.code, reply.device_status)
                has_read = has_read or bool(names)
            except HartError as error:
                errors.append(error)
                gathered.miss(names, error)
                if error.is_refusal:
                    self._refused.add(number)
                    self._planned_for = None
        if not has_read:
            self._start_over()
            raise errors[0]
        poll = gathered.result(self.quantities, *self._since(began_ns), tuple(errors))
        if identity.universal_revision >= FIRST_REVISION_BY_STATUS_ALONE and gathered.repeats(poll.names):
            request = self._talk.request(identity, _READ_SLOTS, self._slots)
            self._repeated = RepeatedAnswer(request, poll.units)
        return poll

    async def _judge(self, repeated: RepeatedAnswer, pdu: bytes, began_ns: int) -> HartPoll:
        """Take an answer that is not like the last; the next poll is of all commands if it says less."""
        request = repeated.request
        try:
            answer = self.link.read(request, pdu)
            reply = await self._talk.settle(request, answer)
        except HartError as error:
            if error.is_refusal:
                self._start_over()
            raise
        gathered = Gathering()
        gathered.take(self._measured(reply), reply.code, reply.device_status)
        poll = gathered.result(self.quantities, *self._since(began_ns))
        if reply is answer:
            repeated.learn(pdu, poll)
        if poll.units != repeated.units:
            self._start_over()
        return poll

    def _since(self, began_ns: int) -> tuple[int, float]:
        """Return the middle of the time since then (UTC ns), and its length in seconds."""
        ended_ns = self._now_ns()
        return (began_ns + ended_ns) // 2, (ended_ns - began_ns) / 1e9

    def _measured(self, reply: Reply) -> Measured:
        try:
            return MEASURED[reply.command].decode(reply.data)
        except FrameError as error:
            raise error.at(self.name, reply.command) from None
