"""A steam plant that is not there: coherent physics, faulty meters, and Modbus, HART-IP and OPC UA servers.

Every value that comes out of this room is simulated and must be marked so by whoever acquires it. The OPC UA
server comes from `opcua_server`, since it loads asyncua: most of a second for whoever has no use for it.
"""

from .condensate_instruments import CONDENSATE_TABLE, CondensateInstruments
from .errors import ServerAddressError, SimulationError, UnknownPointError
from .fault_text import parse_fault, parse_faults
from .faults import RULES, FaultKind, PlantFault
from .hart.device import HartInstrument, plant_instrument
from .hart.faults import HartFault
from .hart.server import HartPlantServer
from .instruments import Instruments
from .meters import QUANTITIES, MeterValues
from .modbus.serial_line import SerialLine
from .modbus.server import PlantServer
from .modbus.unit import ServedUnit, UnitCondition
from .plant import POINTS, SteamPlant
from .pressure_instruments import PRESSURE_TABLE, PressureInstruments
from .service import Shows, serve_plant
from .temperature_instruments import TEMPERATURE_TABLE, TemperatureInstruments

__all__ = [
    "CONDENSATE_TABLE",
    "POINTS",
    "PRESSURE_TABLE",
    "QUANTITIES",
    "RULES",
    "TEMPERATURE_TABLE",
    "CondensateInstruments",
    "FaultKind",
    "HartFault",
    "HartInstrument",
    "HartPlantServer",
    "Instruments",
    "MeterValues",
    "PlantFault",
    "PlantServer",
    "PressureInstruments",
    "SerialLine",
    "ServedUnit",
    "ServerAddressError",
    "Shows",
    "SimulationError",
    "SteamPlant",
    "TemperatureInstruments",
    "UnitCondition",
    "UnknownPointError",
    "parse_fault",
    "parse_faults",
    "plant_instrument",
    "serve_plant",
]
