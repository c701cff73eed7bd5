"""The words a steam meter's configuration chooses from."""

from enum import Enum, StrEnum


class MeterProtocol(Enum):
    """How a steam meter is read."""

    MODBUS_RTU = "modbus_rtu"
    """Serial when `host` is a device path (/dev/ttyUSB0, COM3), else RTU frames over TCP to a gateway."""
    MODBUS_TCP = "modbus_tcp"
    HART = "hart"
    """HART-IP, or a Modbus gateway with HART devices behind it: see HartTransport."""
    ANALOG_4_20MA = "4-20ma"
    """A loop into a Modbus analog module; the module is serial when `host` is a device path."""
    OPC_UA = "opc_ua"


class FlowMeasurementType(Enum):
    """What the meter measures."""

    MASS_FLOW = "mass_flow"
    VOLUMETRIC_FLOW = "volumetric_flow"
    """Volume at the density in the pipe."""
    VELOCITY = "velocity"
    """Mean velocity in the pipe."""
    ENERGY_FLOW = "energy_flow"


class DensityCompensation(StrEnum):
    """How the mass flow of a meter that was set for one density is corrected for the density there is."""

    NONE = "none"
    """The meter corrects it, or measures mass."""
    VORTEX = "vortex"
    """× ρ / ρ_design: vortex, turbine and other velocity meters."""
    DIFFERENTIAL_PRESSURE = "differential_pressure"
    """× √(ρ / ρ_design): orifice, nozzle, pitot."""


class HartTransport(StrEnum):
    """How HART commands travel."""

    UDP = "udp"
    """HART-IP over UDP."""
    TCP = "tcp"
    """HART-IP over TCP."""
    MODBUS = "modbus"
    """Modbus TCP (or a serial line, when `host` is a device path) to a gateway that keeps a register map."""
