"""A durable consumer on the server: made, made again when it is gone, set back to its ack floor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from integrations.bus.connection import Bus
from integrations.bus.errors import BusError, JetStreamError

log = structlog.get_logger(__name__)

_CONSUMER_NOT_FOUND = 10014
_START = ("deliver_policy", "opt_start_seq")
OLDEST_SERVER = (2, 14)
"""The first nats-server that can reset a consumer."""


class ServerTooOldError(BusError, NotImplementedError):
    """The server cannot do what delivery in order needs."""


@dataclass(frozen=True, slots=True)
class Durable:
    """Where a durable pull consumer stands and how it delivers.

    `ack_wait_seconds` is generous because a reset redelivers at once; `max_ack_pending` bounds what may be
    out without an ack and has to be larger than what the reader holds.
    """

    stream: str
    name: str
    filter_subjects: Sequence[str] = ()
    ack_wait_seconds: float = 60.0
    max_ack_pending: int = 20_000
    begins_now: bool = False
    """Whether it begins with what is stored after it was made, and not with all that is there."""

    async def ensure(self, bus: Bus, resume_after: int = 0, created: str = "") -> str:
        """Create or update it; one that vanished starts after `resume_after` (a stream sequence).

        Returns when the stream was created: a new one counts its sequences from 1 again, so that a place in
        the stream of another `created` means nothing.
        """
        check_server(bus)
        stream = await bus.api(f"STREAM.INFO.{self.stream}")
        if stream["created"] != created:
            resume_after = 0
        info = await self._info(bus)
        if info is None:
            last = stream["state"]["last_seq"]
            start = _start_after(last) if self.begins_now and not created else _continued(resume_after, last)
            log.info("consumer created", stream=self.stream, consumer=self.name, **start)
        else:
            start = {key: info["config"][key] for key in _START if key in info["config"]}  # cannot be changed
        config = {
            "name": self.name,
            "durable_name": self.name,
            "ack_policy": "explicit",
            "ack_wait": int(self.ack_wait_seconds * 1e9),
            "max_ack_pending": self.max_ack_pending,
            "max_deliver": -1,  # poison is the reader's to judge: it knows the reason
            "filter_subjects": list(self.filter_subjects),
            **start,
        }
        await bus.api(
            f"CONSUMER.CREATE.{self.stream}.{self.name}", {"stream_name": self.stream, "config": config}
        )
        return str(stream["created"])

    async def reset(self, bus: Bus) -> None:
        """Set delivery back to the ack floor; consumer sequences start from 1 again."""
        await bus.api(f"CONSUMER.RESET.{self.stream}.{self.name}")

    @property
    def next_subject(self) -> str:
        """Where to ask for messages."""
        return f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.name}"

    async def _info(self, bus: Bus) -> dict[str, Any] | None:
        try:
            return await bus.api(f"CONSUMER.INFO.{self.stream}.{self.name}")
        except JetStreamError as error:
            if error.err_code == _CONSUMER_NOT_FOUND:
                return None
            raise


def check_server(bus: Bus) -> None:
    """Raise ServerTooOldError for a server that cannot reset consumers."""
    version = bus.client.connected_server_version
    if bus.connected and (version.major, version.minor) < OLDEST_SERVER:
        needed = ".".join(map(str, OLDEST_SERVER))
        raise ServerTooOldError(
            f"nats-server {needed} or newer is needed to consume in order, found {version}"
        )


def _continued(resume_after: int, last: int) -> dict[str, Any]:
    if not resume_after or last < resume_after:
        return {"deliver_policy": "all"}
    return _start_after(resume_after)


def _start_after(sequence: int) -> dict[str, Any]:
    return {"deliver_policy": "by_start_sequence", "opt_start_seq": sequence + 1}
