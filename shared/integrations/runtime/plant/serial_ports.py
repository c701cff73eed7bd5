"""Serial ports that the devices of one service share: all on a port agree on its settings."""

from collections.abc import Iterator, Mapping, Sequence

from integrations.configuration import Fault
from integrations.devices import ConnectionConfig
from integrations.devices.modbus_config import ModbusDeviceConfig, is_device_path

SETTINGS = ("baud_rate", "parity", "stop_bits")


def port_faults(devices: Mapping[str, Sequence[ConnectionConfig]]) -> Iterator[Fault]:
    """Yield the settings in which devices of one class differ on one port: the line can have only one.

    A port of the same name elsewhere in the file may be another host's.
    """
    for name, configs in devices.items():
        first: dict[str, ModbusDeviceConfig] = {}
        for at, config in enumerate(configs):
            if not isinstance(config, ModbusDeviceConfig) or not is_device_path(config.host):
                continue
            model = first.setdefault(config.host, config)
            for key in SETTINGS:
                if getattr(config, key) != getattr(model, key):
                    allowed = f"must be {getattr(model, key)!r} as for the others on {config.host}"
                    yield Fault(f"{name}[{at}]", key, getattr(config, key), allowed)
