"""A steam plant that doesn't exist: coherent physics, faulty meters, real Modbus TCP devices that show it.

Every value that comes out of this room is simulated and must be marked so by whoever acquires it.
"""

from .condensate_instruments import CONDENSATE_TABLE, CondensateInstruments
from .errors import ServerAddressError, SimulationError, UnknownPointError
from .fault_text import parse_fault, parse_faults
from .faults import RULES, FaultKind, PlantFault
from .instruments import Instruments
from .meters import QUANTITIES, MeterValues
from .modbus_server import PlantServer
from .plant import POINTS, SteamPlant
from .serial_line import SerialLine
from .service import serve_plant
from .unit import ServedUnit, UnitCondition

__all__ = [
    "CONDENSATE_TABLE",
    "POINTS",
    "QUANTITIES",
    "RULES",
    "CondensateInstruments",
    "FaultKind",
    "Instruments",
    "MeterValues",
    "PlantFault",
    "PlantServer",
    "SerialLine",
    "ServedUnit",
    "ServerAddressError",
    "SimulationError",
    "SteamPlant",
    "UnitCondition",
    "UnknownPointError",
    "parse_fault",
    "parse_faults",
    "serve_plant",
]
