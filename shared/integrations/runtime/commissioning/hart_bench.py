"""A HART device that nobody knows: who it is, what it shows, and the TOML that reads it."""

from msgspec import Struct

from integrations.protocols.hart import (
    Address,
    Command,
    DeviceStatus,
    HartDevice,
    HartError,
    HartLink,
    HartPoll,
    Identity,
    LongTag,
    MessageText,
    OutputInformation,
    TagDescriptorDate,
)
from integrations.units import UnitError, compatible

from .described import text

VARIABLES = ("pv", "sv", "tv", "qv")
QUANTITIES = (
    ("flow_rate", "t/hr"),
    ("flow_rate", "m3/h"),
    ("totalizer", "t"),
    ("temperature", "°C"),
    ("pressure", "barg"),
    ("density", "kg/m3"),
    ("velocity", "m/s"),
)
"""What a variable is, by a unit that its own can be converted to."""
VOLUME_UNIT = "m3/h"


class HartFound(Struct):
    """One device."""

    transport: str
    address: str
    identity: Identity
    poll: HartPoll
    texts: dict[str, str]
    """Tag, long tag, descriptor, message and range, as far as the device tells them."""

    @property
    def conditions(self) -> list[str]:
        """The bits of the device status that are set, in words."""
        return [_words(bit) for bit in DeviceStatus if bit in self.poll.device_status]

    @property
    def variables(self) -> list[tuple[str, float, int, str]]:
        """Name, value, StatusCode and unit of each variable that the device has."""
        poll = self.poll
        rows = zip(poll.names, poll.values.tolist(), poll.status.tolist(), poll.units, strict=True)
        return [row for row in rows if row[3] or row[0] not in VARIABLES]


async def look(link: HartLink, where: Address | str) -> HartFound:
    """Ask one device everything.

    Raises:
        HartError: it does not answer, or not to the commands that every device knows.
    """
    device = HartDevice(link, where)
    identity = await device.identity()
    poll = await device.poll()
    texts: dict[str, str] = {}
    for command in (
        Command.READ_TAG_DESCRIPTOR_DATE,
        Command.READ_LONG_TAG,
        Command.READ_MESSAGE,
        Command.READ_OUTPUT_INFORMATION,
    ):
        try:
            texts |= _texts(await device.read(command))
        except HartError as error:
            if not error.is_refusal:
                raise
    told = {name: told for name, told in texts.items() if told.strip()}
    return HartFound(link.endpoint.transport.value, device.name, identity, poll, told)


def quantities_of(found: HartFound) -> dict[str, tuple[str, str]]:
    """Return which quantity each variable is by its unit, and that unit; each quantity once."""
    named: dict[str, tuple[str, str]] = {}
    for variable, _, _, unit in found.variables:
        quantity = next((name for name, like in QUANTITIES if compatible_units(unit, like)), None)
        taken = {name for name, _ in named.values()}
        if variable in VARIABLES and quantity and quantity not in taken:
            named[variable.upper()] = quantity, unit
    return named


def compatible_units(unit: str, like: str) -> bool:
    """Whether a unit can be converted; a text that is none cannot."""
    try:
        return bool(unit) and compatible(unit, like)
    except UnitError:
        return False


def meter_from(found: HartFound, host: str, port: int, name: str, address: int, device: str) -> str | None:
    """Describe the device as a meter; None where none of its variables is a flow."""
    named = quantities_of(found)
    units = dict(named.values())
    if "flow_rate" not in units:
        return None
    entries = ", ".join(f"{variable} = {text(quantity)}" for variable, (quantity, _) in named.items())
    lines = [f"# {one}" for one in identity_lines(found)]
    lines += ["[[steam_meter]]", f"meter_id = {text(name)}", 'protocol = "hart"']
    lines += [f"host = {text(host)}", f"port = {port}", f"hart_transport = {text(found.transport)}"]
    if device:
        lines.append(f"hart_device = {text(device)}")
    elif address:
        lines.append(f"poll_address = {address}")
    lines.append(f"hart_variables = {{ {entries} }}")
    if compatible_units(units["flow_rate"], VOLUME_UNIT):
        lines += ['measurement_type = "volumetric_flow"', f"units = {text(VOLUME_UNIT)}"]
    return "\n".join(lines) + "\n"


def identity_lines(found: HartFound) -> list[str]:
    """Say who the device is."""
    who = found.identity
    kind = f"manufacturer {who.manufacturer:#06x}, type {who.device_type:#06x}"
    return [
        f"HART {who.universal_revision} device, long {who.address}, id {who.device_id}",
        f"{kind}, revision {who.device_revision}, software {who.software_revision}",
        *(f"{name}: {_plain(told)}" for name, told in found.texts.items()),
    ]


def _plain(told: str) -> str:
    """What a device was given as its name may hold anything; a comment in TOML may not."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(told.split()))


def _texts(answer: object) -> dict[str, str]:
    if isinstance(answer, TagDescriptorDate):
        return {"tag": answer.tag, "descriptor": answer.descriptor}
    if isinstance(answer, LongTag):
        return {"long tag": answer.tag}
    if isinstance(answer, MessageText):
        return {"message": answer.text}
    if isinstance(answer, OutputInformation):
        return {"range": f"{answer.lower_range:g} to {answer.upper_range:g} {answer.unit}"}
    return {}


def _words(bit: DeviceStatus) -> str:
    return (bit.name or "").replace("_", " ").lower()
