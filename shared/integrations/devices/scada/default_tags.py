"""The tags of a steam plant about which nothing else is said, with their Modbus registers."""

from .tags import TagConfig, TagType

DEFAULT_TAGS = (
    TagConfig(
        "STEAM.HEADER.PRESSURE", "Steam header pressure", TagType.FLOAT, "bar", 1000, "pressure", address=0
    ),
    TagConfig(
        "STEAM.HEADER.TEMPERATURE",
        "Steam header temperature",
        TagType.FLOAT,
        "°C",
        1000,
        "temperature",
        address=2,
    ),
    TagConfig("STEAM.HEADER.FLOW", "Steam header flow", TagType.FLOAT, "t/hr", 1000, "flow_rate", address=4),
    TagConfig(
        "STEAM.CONDENSATE.RETURN",
        "Condensate return",
        TagType.FLOAT,
        "%",
        2000,
        "return_percentage",
        address=6,
    ),
    TagConfig(
        "STEAM.TRAP.STATUS",
        "Steam traps: true while all of them are well",
        TagType.BOOL,
        "",
        5000,
        "status",
        address=8,
    ),
    TagConfig(
        "STEAM.SETPOINT",
        "Setpoint of the header pressure",
        TagType.FLOAT,
        "bar",
        1000,
        "setpoint",
        writable=True,
        min_value=0.0,
        max_value=20.0,
        address=10,
    ),
)
"""STEAM.SETPOINT may be written where `allow_writes` is set, and nowhere else."""
