"""Where a meter's values come from: one module a protocol, all behind the same seam.

Each module offers a KIND; it is loaded with the first meter that needs it, so that a Modbus meter costs no
OPC UA library.
"""

from importlib import import_module

from integrations.devices.steam_meter.kinds import MeterProtocol

from .kind import SourceKind

_MODULES = {
    MeterProtocol.MODBUS_TCP: "modbus",
    MeterProtocol.MODBUS_RTU: "modbus",
    MeterProtocol.ANALOG_4_20MA: "analog",
    MeterProtocol.HART: "hart",
    MeterProtocol.OPC_UA: "opcua",
}

__all__ = ["SourceKind", "source_kind"]


def source_kind(protocol: MeterProtocol) -> SourceKind:
    """Return how meters of this protocol are read."""
    kind: SourceKind = import_module(f".{_MODULES[protocol]}", __name__).KIND
    return kind
