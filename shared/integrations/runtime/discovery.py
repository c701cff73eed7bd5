"""Every service instance on the bus, found by asking `$SRV` (NATS micro, ADR-32)."""

import asyncio
import contextlib
from collections.abc import Mapping

import msgspec
from nats.aio.msg import Msg

from integrations.bus import Bus
from integrations.messages import parse_subject

ASK = ("$SRV.INFO", "$SRV.INFO.console")
"""The console has an account of its own on a secured bus, where it is found by its name alone."""
PATIENCE_SECONDS = 2.0
QUIET_SECONDS = 0.5
"""Once the first has answered: who has not answered so long after the last one is not there."""
_NO_RESPONDERS = "503"


class EndpointInfo(msgspec.Struct, frozen=True):
    """One endpoint as a service describes it."""

    name: str
    subject: str


class Found(msgspec.Struct, frozen=True):
    """One process that answered; `id` is its own, whatever it calls itself."""

    name: str
    id: str
    version: str
    endpoints: list[EndpointInfo] = []
    metadata: Mapping[str, str] = {}

    @property
    def service(self) -> str:
        """Which service it is."""
        return self.name

    @property
    def site(self) -> str:
        """Which plant it serves."""
        return self.metadata.get("site", "")

    @property
    def instance(self) -> str:
        """What it calls itself."""
        return self.metadata.get("instance", "")

    def subject(self, endpoint: str) -> str | None:
        """Return where `endpoint` is asked."""
        return next((each.subject for each in self.endpoints if each.name == endpoint), None)


async def discover(
    bus: Bus, *, patience_seconds: float = PATIENCE_SECONDS, quiet_seconds: float = QUIET_SECONDS
) -> list[Found]:
    """Return the instances of our services, by site, service and instance; other people's are left out."""
    answers: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = bus.client.new_inbox()
    subscription = await bus.client.subscribe(inbox, cb=answers.put)
    try:
        for subject in ASK:
            await bus.client.publish(subject, reply=inbox)
        found = await _collected(answers, patience_seconds, quiet_seconds)
    finally:
        await subscription.unsubscribe()
    return sorted(found, key=lambda one: (one.site, one.service, one.instance, one.id))


async def _collected(
    answers: asyncio.Queue[Msg], patience_seconds: float, quiet_seconds: float
) -> list[Found]:
    found: dict[str, Found] = {}
    nobody = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_seconds):
            while True:
                async with asyncio.timeout(quiet_seconds if found else None):
                    answer = await answers.get()
                if (answer.headers or {}).get("Status") == _NO_RESPONDERS:
                    nobody += 1
                    if nobody == len(ASK):
                        break
                    continue
                if one := read_answer(answer.data):
                    found[one.id] = one
    return list(found.values())


def read_answer(data: bytes) -> Found | None:
    """Return who has answered; None where it is not a service of ours."""
    with contextlib.suppress(ValueError, RecursionError):
        found = msgspec.json.decode(data, type=Found)
        if (subject := found.subject("health")) and parse_subject(subject).kind == "svc":
            return found
    return None
