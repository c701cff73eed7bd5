"""A circuit closed again: the service that has the device is asked, and it is told who wanted it."""

from collections.abc import Iterable

from integrations.bus import Bus, BusError, BusForbiddenError
from integrations.messages import CircuitReset, DeviceRequest, MessageError, decode, encode
from integrations.runtime.console.asked import Wanted
from integrations.runtime.coordination.gl003.devices import ERROR_CODE, ERROR_TEXT
from integrations.runtime.events import EventReporter
from integrations.runtime.operations.instances import Instance

ANSWER_SECONDS = 5.0
ENDPOINT = "reset_circuit"


class ResetError(Exception):
    """It was not done; `status` is that of HTTP."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def reset_circuit(
    bus: Bus, events: EventReporter, instances: Iterable[Instance], wanted: Wanted, user: str
) -> list[str]:
    """Return the devices whose circuit is closed now.

    Raises:
        ResetError: no such service, no answer, refused.
    """
    found = [one.found for one in instances if (one.found.service, one.found.instance) == wanted.place]
    subject = found[0].subject(ENDPOINT) if found else None
    if subject is None:
        raise ResetError(404, f"service {'/'.join(wanted.place)} is not there, or has no circuits")
    try:
        request = encode(DeviceRequest(wanted.device_id))
        answer = await bus.ask(subject, request, timeout_seconds=ANSWER_SECONDS)
        headers = answer.headers or {}
        if code := headers.get(ERROR_CODE):
            raise ResetError(404 if code == "404" else 502, headers.get(ERROR_TEXT, "refused"))
        devices = decode(answer.data, CircuitReset).devices
    except BusForbiddenError as error:
        raise ResetError(403, f"the console's own user of the bus may not: {error}") from error
    except (BusError, MessageError) as error:
        raise ResetError(502, f"{'/'.join(wanted.place)}: {error}") from error
    for device_id in devices:
        text = f"circuit of {device_id} was reset by {user} at the console"
        events.tell(device_id, "circuit_reset", text, asked_by=user, service=found[0].service)
    return devices
