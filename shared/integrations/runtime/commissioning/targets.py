"""Devices as addresses that people type: modbus://10.1.2.3:502?unit=1."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

from integrations.configuration import ConfigurationError, Fault, FaultList, read_table
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, is_device_path
from integrations.protocols.hart import HartEndpoint
from integrations.protocols.modbus import ModbusEndpoint, Transport
from integrations.protocols.opcua import OpcUaEndpoint

SCHEMES = ("modbus", "modbus+rtu", "opc.tcp", "hart-ip")
WHERE = "address"
LAST_UNIT, LAST_POLLING_ADDRESS = 255, 63
_MODBUS_KEYS = {"unit", "timeout", "preset", "name"}
_RTU_KEYS = {*_MODBUS_KEYS, "baud", "parity", "stop"}
_HART_KEYS = {"transport", "address", "device", "timeout", "name"}
_OPCUA_KEYS = {"policy", "mode", "username", "timeout", "name"}


class ModbusTarget(Struct, frozen=True):
    """A line, and the units on it that are meant."""

    endpoint: ModbusEndpoint
    units: tuple[int, ...] = (1,)
    preset: str = ""
    name: str = ""

    @property
    def is_rtu(self) -> bool:
        """Whether frames are RTU."""
        return self.endpoint.transport is not Transport.TCP


class HartTarget(Struct, frozen=True):
    """A HART-IP server, and the devices behind it that are meant; no transport means whichever answers."""

    host: str
    port: int
    transport: str = ""
    addresses: tuple[int, ...] = (0,)
    device: str = ""
    timeout_seconds: float = 3.0
    name: str = ""


class OpcUaTarget(Struct, frozen=True):
    """An OPC UA server."""

    endpoint: OpcUaEndpoint
    name: str = ""


Target = ModbusTarget | HartTarget | OpcUaTarget


def read_target(text: str) -> Target:
    """Read an address.

    Raises:
        ConfigurationError: it is none, or a part of it cannot be.
    """
    scheme = text.partition("://")[0]
    if "://" not in text or scheme not in SCHEMES:
        allowed = f"must begin with {', '.join(f'{one}://' for one in SCHEMES)}"
        raise ConfigurationError([Fault("", WHERE, text, allowed)])
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  # raises where the port is no number
    except ValueError as error:
        raise ConfigurationError([Fault("", WHERE, text, f"cannot be read: {error}")]) from None
    if parts.password is not None:
        hidden = f"{scheme}://…@{parts.hostname}"
        allowed = "must be without password: addresses stay in the shell's history"
        raise ConfigurationError([Fault("", WHERE, hidden, allowed)])
    if parts.fragment:
        raise ConfigurationError([Fault(WHERE, "#", parts.fragment, "must be left out")])
    if scheme == "hart-ip":
        return _hart(parts)
    return _opcua(parts) if scheme == "opc.tcp" else _modbus(parts, is_rtu=scheme == "modbus+rtu")


def numbers_of(key: str, text: str, last: int, first: int = 0) -> tuple[int, ...]:
    """Read `3`, `1-10` or `1,5-7` as numbers from `first` to `last`.

    Raises:
        ConfigurationError: it is something else.
    """
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if not (low.isdecimal() and (high.isdecimal() if dash else True)):
            raise _number_fault(key, text, first, last)
        begin, end = int(low), int(high or low)
        if not first <= begin <= end <= last:
            raise _number_fault(key, text, first, last)
        found += range(begin, end + 1)
    return tuple(dict.fromkeys(found))


def _number_fault(key: str, text: str, first: int, last: int) -> ConfigurationError:
    allowed = f"must be a number or a range in {first}..{last}, such as 1-10"
    return ConfigurationError([Fault(WHERE, key, text, allowed)])


def _modbus(parts: SplitResult, *, is_rtu: bool) -> ModbusTarget:
    query = _query(parts, _RTU_KEYS if is_rtu else _MODBUS_KEYS)
    device = unquote(parts.path) if is_rtu and not parts.netloc else parts.netloc
    is_serial = is_rtu and is_device_path(device)
    fields: dict[str, Any] = {"transport": "tcp" if not is_rtu else "rtu" if is_serial else "rtu_over_tcp"}
    if is_serial:
        fields |= {"device": device}
        fields |= _numbers(query, {"baud": "baud_rate", "stop": "stop_bits"}, int)
        fields |= {"parity": query["parity"].upper()} if "parity" in query else {}
    else:
        _no_path(parts)
        fields |= {"host": _host(parts), "port": _port(parts, 502)}
    fields |= _numbers(query, {"timeout": "timeout_seconds"}, float)
    endpoint = read_table(ModbusEndpoint, fields, WHERE)
    last = LAST_RTU_ADDRESS if is_serial else LAST_UNIT
    units = numbers_of("unit", query.get("unit", "1"), last, int(is_serial))
    return ModbusTarget(endpoint, units, query.get("preset", ""), query.get("name", ""))


def _hart(parts: SplitResult) -> HartTarget:
    query = _query(parts, _HART_KEYS)
    _no_path(parts)
    transport = query.get("transport", "")
    if transport not in {"", "udp", "tcp"}:
        raise ConfigurationError([Fault(WHERE, "transport", transport, "must be udp or tcp")])
    seconds = _numbers(query, {"timeout": "timeout_seconds"}, float)
    endpoint = read_table(HartEndpoint, {"host": _host(parts), "port": _port(parts, 5094), **seconds}, WHERE)
    addresses = numbers_of("address", query.get("address", "0"), LAST_POLLING_ADDRESS)
    return HartTarget(
        endpoint.host,
        endpoint.port,
        transport,
        addresses,
        query.get("device", ""),
        endpoint.timeout_seconds,
        query.get("name", ""),
    )


def _opcua(parts: SplitResult) -> OpcUaTarget:
    query = _query(parts, _OPCUA_KEYS)
    fields: dict[str, Any] = {"host": _host(parts), "port": _port(parts, 4840), "path": unquote(parts.path)}
    names = {"policy": "security_policy", "mode": "security_mode", "username": "username"}
    fields |= {field: query[key] for key, field in names.items() if key in query}
    fields |= _numbers(query, {"timeout": "timeout_seconds"}, float)
    return OpcUaTarget(read_table(OpcUaEndpoint, fields, WHERE), query.get("name", ""))


def _query(parts: SplitResult, known: Iterable[str]) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    faults = FaultList()
    for key, value in pairs:
        if key not in known:
            faults.append(Fault(WHERE, key, value, f"is not one of {', '.join(sorted(known))}"))
    faults.raise_any()
    return dict(pairs)


def _numbers(query: Mapping[str, str], names: Mapping[str, str], kind: type) -> dict[str, Any]:
    found = {}
    for key, name in names.items():
        if key in query:
            try:
                found[name] = kind(query[key])
            except ValueError:
                raise ConfigurationError([Fault(WHERE, key, query[key], "must be a number")]) from None
    return found


def _host(parts: SplitResult) -> str:
    return parts.hostname or ""


def _port(parts: SplitResult, usual: int) -> int:
    return usual if parts.port is None else parts.port


def _no_path(parts: SplitResult) -> None:
    if parts.path.strip("/"):
        raise ConfigurationError([Fault(WHERE, "path", parts.path, "must be left out")])
