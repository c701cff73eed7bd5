"""Register map of a condensate meter that nothing else is said about, and the units its values end in."""

from integrations.protocols.modbus import FLOAT32, Register

DEFAULT = (
    Register("flow_rate", 0, FLOAT32, unit="t/hr"),
    Register("temperature", 2, FLOAT32, unit="°C"),
    Register("return_percentage", 4, FLOAT32, unit="%"),
    Register("pressure", 6, FLOAT32, unit="barg"),
    Register("ph", 8, FLOAT32, unit="pH"),
    Register("conductivity", 10, FLOAT32, unit="µS/cm"),
)
"""Holding registers, 0-based, high word first; `pressure` is the condensate's before it flashes."""

OPTIONAL = (
    Register("steam_flow", 12, FLOAT32, unit="t/hr"),
    Register("flash_steam_loss", 14, FLOAT32, unit="t/hr"),
)
"""Read only where a register map names them: by meters that are told the steam flow, or know what flashes."""

ANALYSIS = frozenset({"ph", "conductivity"})
"""What `enable_quality_analysis` switches."""

HANDED_ON_IN = {register.name: register.unit for register in (*DEFAULT, *OPTIONAL)}
"""Units that readings are normalised to; any other register keeps its own."""
