"""Modbus devices as TOML that `gl003 check` passes."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from integrations.configuration import ConfigurationError, Fault
from integrations.messages import token_from
from integrations.protocols.modbus import ByteOrder, Function, ModbusEndpoint, RegisterType, Transport

from .guess import Guess
from .interpretations import Candidate
from .known_maps import Match
from .texts import TextRun

NUMBERS = set(RegisterType) - {RegisterType.STRING}
SCADA_LINE = "# Named after their registers: give them the names, units and scales of the manual."
_TAKEN = re.compile(
    r"(?P<name>[A-Za-z]\w*)=(?:(?P<table>holding|input):)?(?P<address>\d{1,5})"
    r"(?::(?P<kind>\w*))?(?::(?P<order>\w*))?(?::(?P<unit>.+))?"
)
_TABLES = {"": Function.HOLDING, "holding": Function.HOLDING, "input": Function.INPUT}


class Place(msgspec.Struct, frozen=True):
    """Where a device is, what it is called, how many registers it gives at once (0: as many as wanted)."""

    endpoint: ModbusEndpoint
    unit: int
    name: str
    most_at_once: int = 0


class Taken(msgspec.Struct, frozen=True):
    """A value that a person has recognised."""

    name: str
    candidate: Candidate
    unit: str = ""


def taken_from(text: str) -> Taken:
    """Read `flow_rate=0:float32:cdab:kg/h`, or `pressure=input:7`: type, order and unit may be left out.

    Raises:
        ConfigurationError: it is something else.
    """
    found = _TAKEN.fullmatch(text.strip())
    kind, order = (found["kind"] or "uint16", found["order"] or "abcd") if found else ("", "")
    if not found or kind not in NUMBERS or order not in set(ByteOrder):
        allowed = "must be name=[input:]address[:type[:order[:unit]]], such as flow_rate=0:float32:cdab:kg/h"
        raise ConfigurationError([Fault("", "take", text, allowed)])
    function = _TABLES[found["table"] or ""]
    candidate = Candidate(function, int(found["address"]), RegisterType(kind), ByteOrder(order))
    return Taken(found["name"], candidate, found["unit"] or "")


def place_of(endpoint: ModbusEndpoint, protocol_key: bool = True) -> list[str]:
    """Return the lines that say where a Modbus device is."""
    is_serial = endpoint.transport is Transport.RTU
    lines = [f"host = {text(endpoint.device if is_serial else endpoint.host)}", f"port = {endpoint.port}"]
    if is_serial:
        lines[1] = "port = 1                    # not used on a serial line"
        lines += [f"baud_rate = {endpoint.baud_rate}", f"parity = {text(endpoint.parity)}"]
        lines += [f"stop_bits = {endpoint.stop_bits}"]
    if protocol_key:
        rtu = endpoint.transport is not Transport.TCP
        lines.append(f'protocol = "{"modbus_rtu" if rtu else "modbus_tcp"}"')
    return lines


def meter_from(place: Place, taken: Iterable[Taken]) -> str:
    """Describe a steam meter by the values that were recognised."""
    lines = _head("steam_meter", "meter_id", place)
    lines += ["", "[steam_meter.register_map]"]
    for one in taken:
        entry = _entry(one.candidate) + (f", unit = {text(one.unit)}" if one.unit else "")
        lines.append(f"{one.name} = {{ {entry} }}")
    return "\n".join(lines) + "\n"


def device_from(place: Place, match: Match) -> str:
    """Describe a device that a known map fits."""
    known, values = match.map, match.values
    lines = [
        f"# What answers at {place.endpoint} unit {place.unit} fits {match.title};",
        "# compare it with the display.",
    ]
    lines += [f"#   {each.name} = {values[each.name]:.6g} {each.unit}".rstrip() for each in known.registers]
    lines += _head(known.device_class, "meter_id", place)
    if known.preset:
        lines.append(f"preset = {text(known.preset)}")
    if match.order:
        lines.append(f"byte_order = {text(match.order.value)}")
    return "\n".join(lines) + "\n"


def system_from(place: Place, layout: Sequence[Guess], texts: Sequence[TextRun] = ()) -> str:
    """Describe a device that no known map fits, by what its registers most probably hold."""
    lines = [*_head("scada", "scada_id", place), SCADA_LINE]
    lines += [f"# Registers {one.address} to {one.addresses[-1]} hold a text: {one.text}" for one in texts]
    for guess in layout:
        one = guess.candidate
        if place.most_at_once and one.width > place.most_at_once:
            lines += ["", f"# {one.function.value} {one.address} is left out: it has {one.width} registers"]
            continue
        lines += ["", f"[[scada.tags]]                # {guess.value:.6g} when it was read"]
        lines += [f'tag_name = "{one.function.value.upper()}.{one.address}"', *_entry(one).split(", ")]
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """Write a text as TOML: a JSON string is a basic string, but for DEL."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def name_of(name: str, usual: str) -> str:
    """Return an id for a device."""
    return token_from(name or usual)[:64]


def _head(table: str, key: str, place: Place) -> list[str]:
    lines = [f"[[{table}]]", f"{key} = {text(place.name)}", *place_of(place.endpoint)]
    lines.append(f"slave_address = {place.unit}")
    if place.most_at_once:
        lines.append(f"max_registers_per_request = {place.most_at_once}        # it refuses more")
    return lines


def _entry(candidate: Candidate) -> str:
    table = "" if candidate.function is Function.HOLDING else f', function = "{candidate.function.value}"'
    plain = candidate.order is ByteOrder.ABCD
    order = "" if plain else f', order = "{candidate.order.value}"'
    return f'address = {candidate.address}, type = "{candidate.type.value}"{table}{order}'
