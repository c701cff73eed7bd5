"""Which source a configuration asks for."""

from typing import Any

from .config import SCADAConnectionConfig
from .modbus_tags import ModbusTags
from .opcua_tags import OpcUaTags
from .source import TagSource


def source_of(config: SCADAConnectionConfig, *, clock: Any, now_ns: Any, sleep: Any) -> TagSource:
    """Return the source behind the configured protocol; nothing is connected yet."""
    if config.uses_modbus:
        return ModbusTags(config, clock=clock, now_ns=now_ns)
    return OpcUaTags(config, now_ns=now_ns, sleep=sleep)
