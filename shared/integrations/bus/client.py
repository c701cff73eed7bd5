"""nats-py's client with the few changes that a service which lives for months needs."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from nats import errors
from nats.aio.client import Client

_NOT_FATAL = "permissions violation"
_NO_ANSWERS = (b"gl.", b"$KV.", b"$JS.API.", b"$SRV.", b"$SYS.")
"""Begin the subjects that mean something by themselves; answers go to inboxes."""


class BusClient(Client):
    """A client that reconnects where nats-py 2.16 gives up, and takes whole blocks of commands at once."""

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
        return super()._process_msg(sid, subject, reply, data, headers)

    async def _misdirected(self, subject: bytes, reply: bytes) -> None:
        await self._error_cb(errors.Error(f"{subject!r} is not answered: the answer is wanted on {reply!r}"))

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
        fields = (line.partition(":") for line in raw.decode("utf-8", "replace").split("\r\n"))
        return {name: value.strip() for name, colon, value in fields if colon and name and " " not in name}

    def write_soon(self, commands: bytes) -> None:
        """Queue complete protocol commands for the socket and wake the flusher once.

        `publish` costs a coroutine, a validation and a wake-up per message; here the caller has validated,
        and bounds what it queues.
        """
        self._pending.append(commands)
        self._pending_data_size += len(commands)
        if self.is_connected and self._flush_queue is not None and self._flush_queue.empty():
            self._flush_queue.put_nowait(asyncio.get_running_loop().create_future())

    def forget_unsent(self) -> None:
        """Drop what was queued for a connection that is gone.

        Sent after the next connect it would overtake what the lost connection swallowed; publisher and
        consumer send again themselves, in order.
        """
        self._pending.clear()
        self._pending_data_size = 0
