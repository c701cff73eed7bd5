"""Which service has which device: found on the bus, by asking every service of the site."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from nats import errors
from nats.aio.msg import Msg

from integrations.bus import Bus
from integrations.messages import Health, MessageError, decode
from integrations.messages.fields import Token

DISCOVERY_SECONDS = 0.5
"""How long services may take to say that they are there."""
HEALTH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """One instance of a service, with the subjects of its endpoints and the devices that it has."""

    service: str
    instance: str
    endpoints: dict[str, str]
    devices: tuple[str, ...] = ()


class _Endpoint(msgspec.Struct):
    name: str
    subject: str


class _Info(msgspec.Struct):
    """What of an answer to `$SRV.INFO` is looked at."""

    name: Token
    metadata: dict[str, str]
    endpoints: list[_Endpoint]


def read_found(data: bytes, site: str) -> Found | None:
    """Return who answered, if it is one of the site that reads or writes; whoever it is may say anything.

    Only subjects of its own service count: nobody is to have us ask something of somebody else.
    """
    try:
        info = msgspec.json.decode(data, type=_Info)
    except (ValueError, RecursionError):
        return None
    instance = info.metadata.get("instance", "")
    own = f"gl.{site}.svc.{info.name}.{instance}."
    endpoints = {each.name: each.subject for each in info.endpoints if each.subject == own + each.name}
    if info.metadata.get("site") != site or not endpoints.keys() & {"read", "write"}:
        return None
    return Found(info.name, instance, endpoints)


class Directory:
    """Services that answer `read` or `write`; looked for again when what is remembered does not do."""

    def __init__(self, bus: Bus, site: str) -> None:
        self._bus = bus
        self._site = site
        self._found: tuple[Found, ...] = ()
        self._known: dict[str, str] = {}

    async def with_device(self, device_id: str, endpoint: str) -> list[Found]:
        """Return who has a device and answers an endpoint."""
        if not (found := self._having(device_id, endpoint)):
            await self.look()
            found = self._having(device_id, endpoint)
        return found

    async def with_endpoint(self, endpoint: str) -> list[Found]:
        """Return who answers an endpoint."""
        await self.look()
        return [each for each in self._found if endpoint in each.endpoints]

    def devices(self) -> list[str]:
        """Return all devices that any service has, as last seen."""
        return sorted({device_id for each in self._found for device_id in each.devices})

    def last_service(self, device_id: str) -> str | None:
        """Return which service had a device when it was last seen."""
        return self._known.get(device_id)

    def forget(self) -> None:
        """Look again before the next answer."""
        self._found = ()

    async def look(self) -> None:
        """Ask who is there, and which devices each has."""
        answers = await self._ask_all("$SRV.INFO")
        found = [each for each in (read_found(answer, self._site) for answer in answers) if each]
        self._found = tuple(await asyncio.gather(*map(self._with_devices, found)))
        self._known |= {device_id: each.service for each in self._found for device_id in each.devices}

    def _having(self, device_id: str, endpoint: str) -> list[Found]:
        return [each for each in self._found if endpoint in each.endpoints and device_id in each.devices]

    async def _with_devices(self, found: Found) -> Found:
        try:
            answer = await self._bus.client.request(found.endpoints["health"], b"", timeout=HEALTH_SECONDS)
            health = decode(answer.data, Health, (answer.headers or {}).get("Content-Type"))
        except (KeyError, errors.Error, TimeoutError, MessageError):
            return found  # it left meanwhile, or is busy: it has nothing to offer now
        devices = tuple(device.device_id for device in health.devices)
        return Found(found.service, found.instance, found.endpoints, devices)

    async def _ask_all(self, subject: str) -> Sequence[bytes]:
        """Return every answer that comes until nobody has answered for a while."""
        answers: list[bytes] = []

        async def note(message: Msg) -> None:
            if message.data:
                answers.append(message.data)

        inbox = self._bus.client.new_inbox()
        subscription = await self._bus.client.subscribe(inbox, cb=note)
        try:
            await self._bus.client.publish(subject, b"", reply=inbox)
            await asyncio.sleep(DISCOVERY_SECONDS)
        finally:
            with contextlib.suppress(errors.Error):
                await subscription.unsubscribe()
        return answers
