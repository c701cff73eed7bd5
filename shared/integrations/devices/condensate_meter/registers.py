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

STEAM_FLOW = Register("steam_flow", 12, FLOAT32, unit="t/hr")
"""Measured steam flow, for meters that are told it; read only where a register map names it."""

ANALYSIS = frozenset({"ph", "conductivity"})
"""What `enable_quality_analysis` switches."""

HANDED_ON_IN = {register.name: register.unit for register in (*DEFAULT, STEAM_FLOW)} | {
    "flash_steam_loss": "t/hr"
}
"""Units that readings are normalised to; any other register keeps its own."""
