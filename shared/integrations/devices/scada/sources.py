"""Which source a configuration asks for."""

from typing import Any

from .config import SCADAConnectionConfig
from .modbus_tags import ModbusTags
from .source import TagSource


def source_of(config: SCADAConnectionConfig, *, clock: Any, now_ns: Any, sleep: Any) -> TagSource:
    """Return the source behind the configured protocol; nothing is connected yet."""
    if config.uses_modbus:
        return ModbusTags(config, clock=clock, now_ns=now_ns)
    from .opcua_tags import OpcUaTags  # noqa: PLC0415 - asyncua takes most of a second: only its users wait

    return OpcUaTags(config, now_ns=now_ns, sleep=sleep)
