"""4–20 mA loops behind Modbus analog modules: counts → current → value, and its status by NAMUR NE 43."""

from .conditioner import Conditioned, Conditioner
from .damping import Damping
from .inputs import AnalogInput
from .module import AnalogModule, AnalogModuleError
from .modules import MODULES, module_of
from .namur import current_status
from .scaling import CurrentScaler, CurrentScaling
from .unit import AnalogPoll, AnalogUnit

__all__ = [
    "MODULES",
    "AnalogInput",
    "AnalogModule",
    "AnalogModuleError",
    "AnalogPoll",
    "AnalogUnit",
    "Conditioned",
    "Conditioner",
    "CurrentScaler",
    "CurrentScaling",
    "Damping",
    "current_status",
    "module_of",
]
