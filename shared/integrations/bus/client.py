"""nats-py's client with the few changes that a service which lives for months needs."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, cast

from nats import errors
from nats.aio.client import Client
from nats.aio.subscription import Subscription

from .wire import header_lines, read_headers

_NOT_FATAL = "permissions violation"
_NO_ANSWERS = (b"gl.", b"$KV.", b"$JS.API.", b"$SRV.", b"$SYS.")
"""Begin the subjects that mean something by themselves; answers go to inboxes."""


class Heard:
    """A message as it came: `headers` has the status of what the server itself says, too."""

    __slots__ = ("data", "headers", "reply", "subject")

    def __init__(self, subject: str, reply: str, data: bytes, headers: dict[str, str]) -> None:
        self.subject = subject
        self.reply = reply
        self.data = data
        self.headers = headers


Hearer = Callable[[Heard], None]
"""Takes a message at once: nothing else is read from the socket meanwhile."""


class _Done:
    """Awaited, it is over already."""

    def __await__(self) -> Generator[Any, None, None]:
        return _NOTHING


_NOTHING = cast("Generator[Any, None, None]", iter(()))  # at its end for ever: one does for all
_DONE = cast("Coroutine[Any, Any, None]", _Done())


class BusClient(Client):
    """A client that reconnects where nats-py 2.16 gives up, and takes whole blocks of commands at once."""

    def __init__(self) -> None:
        super().__init__()
        self._hearers: dict[int, Hearer] = {}

    async def hear(self, subject: str, hearer: Hearer, *, queue: str = "") -> Subscription:
        """Subscribe, and have `hearer` called with each message as it is read from the socket.

        nats-py puts each into a queue and wakes a task for it: measured, a quarter of the cost of a request.
        """

        async def not_yet(msg: Any) -> None:  # between the server's answer and our taking note of it
            hearer(Heard(msg.subject, msg.reply, msg.data, msg.headers or {}))

        subscription = await self.subscribe(subject, queue=queue, cb=not_yet)
        self._hearers[subscription._id] = hearer  # noqa: SLF001  # nats-py shows it nowhere else
        return subscription

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._hearers.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_err(self, err_msg: str) -> None:
        # nats-py closes for ever on any -ERR but these two, an expired login or a full server included;
        # every such line is a reason to connect again, none a reason to stay away.
        if _NOT_FATAL in err_msg or "stale connection" in err_msg:
            await super()._process_err(err_msg)
            return
        error = errors.Error(f"nats: {err_msg.strip(chr(39))}")
        await self._error_cb(error)
        await self._process_op_err(error)

    def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> Coroutine[Any, Any, None]:
        # Who may answer may publish wherever the answer is wanted, whatever who asks may: a question whose
        # answer is to become a reading, a setting or a command is none.
        if reply.startswith(_NO_ANSWERS):
            return self._misdirected(subject, reply)
        if (hearer := self._hearers.get(sid)) is None:
            return super()._process_msg(sid, subject, reply, data, headers)
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        try:
            hearer(Heard(subject.decode(), reply.decode(), data, read_headers(headers) if headers else {}))
        except Exception as error:  # noqa: BLE001  # or the connection would be read no more
            return self._failed(error)
        return _DONE

    async def _failed(self, error: Exception) -> None:
        await self._error_cb(error)

    async def _misdirected(self, subject: bytes, reply: bytes) -> None:
        await self._error_cb(errors.Error(f"{subject!r} is not answered: the answer is wanted on {reply!r}"))

    async def _process_op_err(self, e: Exception) -> None:
        if not (self.is_closed or self.is_reconnecting):
            # Closed politely, a socket whose other end takes nothing any more is only gone when the kernel
            # gives up: a quarter of an hour, and nats-py waits for that before it connects anew.
            self.hang_up()
        await super()._process_op_err(e)

    async def _process_connect_init(self) -> None:
        try:
            await super()._process_connect_init()
        except (OSError, TimeoutError):
            # A TLS handshake that failed has ended the socket, but not the stream around it: nats-py would
            # wait for that for ever, and never try again.
            transport, self._transport = self._transport, None
            if transport is not None:
                transport.close()  # type: ignore[no-untyped-call]  # nats-py's own gap
            raise

    @property
    def wants_certificate(self) -> bool:
        """Whether the server greeted with the wish to see who we are."""
        return bool(self._server_info.get("tls_verify"))

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        # nats-py looks at each character of each name: measured, a quarter of receiving a message
        return header_lines(raw.decode("utf-8", "replace").split("\r\n"))

    def write_soon(self, commands: bytes) -> None:
        """Queue complete protocol commands for the socket and wake the flusher once.

        `publish` costs a coroutine, a validation and a wake-up per message; here the caller has validated,
        and bounds what it queues.
        """
        self._pending.append(commands)
        self._pending_data_size += len(commands)
        if self.is_connected and self._flush_queue is not None and self._flush_queue.empty():
            self._flush_queue.put_nowait(asyncio.get_running_loop().create_future())

    def hang_up(self) -> None:
        """Leave the server at once: nothing more of what was queued or written goes to it."""
        self.forget_unsent()
        writer = getattr(self._transport, "_io_writer", None)  # of a WebSocket there is none
        if writer is not None:
            writer.transport.abort()

    def forget_unsent(self) -> None:
        """Drop what was queued for a connection that is gone.

        Sent after the next connect it would overtake what the lost connection swallowed; publisher and
        consumer send again themselves, in order.
        """
        self._pending.clear()
        self._pending_data_size = 0
