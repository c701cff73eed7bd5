"""Which service has which device: found on the bus, by asking every service of the site."""

import asyncio
from dataclasses import dataclass

from nats import errors

from integrations.bus import Bus
from integrations.messages import Health, MessageError, Subject, decode, parse_subject
from integrations.runtime import discovery

QUIET_SECONDS = 0.25
"""Somebody waits for the answer: who has not answered so long after the last one is not looked for."""
HEALTH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """One instance of a service, with the subjects of its endpoints and the devices that it has."""

    service: str
    instance: str
    endpoints: dict[str, str]
    devices: tuple[str, ...] = ()


def doing_of(found: discovery.Found, site: str) -> Found | None:
    """Return who answered, if it is one of the site that reads or writes; whoever it is may say anything.

    Only subjects of its own service count: nobody is to have us ask something of somebody else.
    """
    endpoints = {each.name: each.subject for each in found.endpoints if _is_own(each, found, site)}
    if found.site != site or not endpoints.keys() & {"read", "write"}:
        return None
    return Found(found.service, found.instance, endpoints)


def _is_own(endpoint: discovery.EndpointInfo, found: discovery.Found, site: str) -> bool:
    own = {"service": found.service, "instance": found.instance, "endpoint": endpoint.name}
    try:
        return parse_subject(endpoint.subject) == Subject(site, "svc", own)
    except MessageError:
        return False


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
        there = await discovery.discover(self._bus, quiet_seconds=QUIET_SECONDS)
        found = [each for each in (doing_of(one, self._site) for one in there) if each]
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
