"""Pulling from a durable consumer that others may pull from too: each message goes to one of them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any

from integrations.bus.connection import Bus
from integrations.bus.errors import BusForbiddenError, JetStreamError, JetStreamUnavailableError
from integrations.bus.streams import REMEDY, covers
from integrations.bus.wire import publish_command

from .hints import LOOK_SECONDS, Hints
from .pulling import Puller
from .received import Received

ACK_WAIT_SECONDS = 15.0
"""A message that nobody has acknowledged or asked patience for so long goes to another reader."""
MAX_ACK_PENDING = 5000
HEARTBEAT_SECONDS = 10.0
"""There may be thousands of these readers; what they miss otherwise shows in the acknowledgements."""
FORGOTTEN_SECONDS = 30 * 24 * 3600
"""A consumer that nobody pulls from is forgotten by the server after this time."""
STANDS_SECONDS = 0.25
"""How long a request may stand that is made because something was heard: its copy may come a moment later."""
_NOT_FOUND = 10014


class SharedConsumer(Puller):
    """One of the readers of a consumer: no order, each message at least once, until somebody acknowledges it.

    Whatever is held for longer than ACK_WAIT_SECONDS needs `extend` before the time is over. Of a consumer
    that others have made for us it asks for what it has heard of, and leaves no request lying; see Hints.
    """

    def __init__(
        self,
        bus: Bus,
        stream: str,
        name: str,
        subjects: Iterable[str],
        *,
        batch: int = 32,
        ack_wait_seconds: float = ACK_WAIT_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(bus, name, batch=batch, heartbeat_seconds=HEARTBEAT_SECONDS, sleep=sleep)
        self.looked = asyncio.Event()
        """Set when the server had nothing at the start; whoever reads sets it with the first that comes."""
        self._stream = stream
        self._subjects = list(subjects)
        self._ack_wait_seconds = ack_wait_seconds
        self._hints = Hints(bus, self._subjects, self._wake.set)
        self._is_told = False
        self._looks = False

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._last_answer()
        self.nak(self._buffer)  # or the next reader would wait for what nobody has read here
        await self._hints.end()
        await super().__aexit__(kind, error, trace)

    async def _last_answer(self) -> None:
        """Wait until no request stands that was made on a hint: what it brought then would come to nobody."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * STANDS_SECONDS):
                while self._is_told and self._expected > 0 and not self._lost:
                    self._wake.clear()
                    await self._wake.wait()

    def ack(self, messages: Iterable[Received]) -> None:
        """Acknowledge; leaves with the next write to the socket."""
        self._answer(messages, b"+ACK")

    def extend(self, messages: Iterable[Received]) -> None:
        """Say that these are still being worked on."""
        self._answer(messages, b"+WPI")

    def extend_unread(self) -> None:
        """Say the same of those that nobody has taken yet."""
        self.extend(self._buffer)

    def nak(self, messages: Iterable[Received], delay_seconds: float = 0.0) -> None:
        """Have them delivered again, to whoever asks then."""
        self._answer(messages, b'-NAK {"delay": %d}' % int(delay_seconds * 1e9) if delay_seconds else b"-NAK")
        if self._is_told:
            self._hints.hint_after(delay_seconds)

    def _answer(self, messages: Iterable[Received], verb: bytes) -> None:
        commands = [publish_command(message.reply, "", b"", verb) for message in messages]
        if commands and self._bus.connected:
            self._bus.client.write_soon(b"".join(commands))

    async def make(self, *, lasting: bool = False) -> dict[str, Any]:
        """Have the server make the consumer, or bring it to what is wanted; returns what it says of it.

        A `lasting` one is kept although nobody pulls from it: its readers may not make it themselves.
        """
        config: dict[str, Any] = {
            "name": self._name,
            "durable_name": self._name,
            "ack_policy": "explicit",
            "ack_wait": int(self._ack_wait_seconds * 1e9),
            "max_ack_pending": MAX_ACK_PENDING,
            "max_deliver": -1,  # how often is enough is the reader's to judge: it knows the message
            "filter_subjects": self._subjects,
        }
        if not lasting:
            config["inactive_threshold"] = int(FORGOTTEN_SECONDS * 1e9)
        subject = f"CONSUMER.CREATE.{self._stream}.{self._name}"
        return await self._bus.api(subject, {"stream_name": self._stream, "config": config})

    async def _prepare(self) -> None:
        found = await self._found()
        if found is None or not self._suits(found["config"]):
            try:
                found = await self.make()
            except BusForbiddenError as error:
                raise JetStreamUnavailableError(
                    f"consumer {self._name} is not there, and is not ours to make: {REMEDY}"
                ) from error
        if not found["num_pending"]:
            self.looked.set()
        self._is_told = not found["config"].get("inactive_threshold") and not self._hints.forbidden
        if self._is_told:
            await self._hints.begin()

    async def _found(self) -> dict[str, Any] | None:
        try:
            return await self._bus.api(f"CONSUMER.INFO.{self._stream}.{self._name}")
        except JetStreamError as error:
            if error.err_code == _NOT_FOUND:
                return None
            raise

    def _suits(self, config: dict[str, Any]) -> bool:
        """Tell whether a consumer gives what is wanted, and perhaps more."""
        given = config.get("filter_subjects") or [config.get("filter_subject", ">")]
        return bool(config["ack_wait"] == int(self._ack_wait_seconds * 1e9)) and all(
            any(covers(one, subject) for one in given) for subject in self._subjects
        )

    @property
    def _next_subject(self) -> str:
        return f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"

    def _worth_asking(self) -> bool:
        return not self._is_told or self._hints.heard

    @property
    def _patience_seconds(self) -> float:
        return LOOK_SECONDS if self._is_told else super()._patience_seconds

    def _on_silence(self) -> None:
        if not self._is_told or self._expected > 0:
            return super()._on_silence()
        self._looks = True
        return self._hints.hint()

    def _limits(self) -> dict[str, Any]:
        if not self._is_told or self._hints.forbidden:
            return super()._limits()
        looks, self._looks, self._hints.heard = self._looks, False, False
        return {"no_wait": True} if looks else {"expires": int(STANDS_SECONDS * 1e9)}

    def _in_sequence(self, _message: Received) -> bool:
        return True  # what is missing went to another reader

    def _accept(self, message: Received) -> None:
        if not any(covers(subject, message.subject) for subject in self._subjects):
            self.ack([message])  # of a consumer that takes in more than we want
            return
        self._buffer.append(message)
        self._hints.heard = True
        self._wake.set()  # how many wait on the server says nothing: others read them too
