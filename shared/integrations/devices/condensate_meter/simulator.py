"""A simulated condensate meter for the simulation policy: values of a healthy plant, and marked as edited."""

import math
import time
from collections.abc import Callable

from integrations.messages import Origin, Status

from .config import CondensateMeterConfig
from .decode import CondensateDecoder, CondensateSample
from .measured import Measured, unknown

LOAD = 0.6
SWING = 0.05
RADIANS_PER_SECOND = 2 * math.pi / 600.0
RETURNED = 0.82
TEMPERATURE_C = 92.0
PRESSURE_BARG = 10.0
NO_REGISTER = unknown(Status.BAD_OUT_OF_SERVICE, "")


class SimulatedCondensateMeter:
    """Samples of an imagined meter: flow swings slowly around 60 % of the range, nothing is contaminated."""

    def __init__(
        self,
        config: CondensateMeterConfig,
        decoder: CondensateDecoder,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._config = config
        self._decoder = decoder
        self._now_ns = now_ns
        self._began_ns = now_ns()

    def sample(self) -> CondensateSample:
        """Return a sample whose values are all GoodEdited: edited means not from the process."""
        now_ns = self._now_ns()
        swing = SWING * math.sin(RADIANS_PER_SECOND * (now_ns - self._began_ns) / 1e9)
        imagined = {
            name: Measured(value, Status.GOOD_EDITED) for name, value in self._values(1 + swing).items()
        }
        given = {name: imagined.get(name, NO_REGISTER) for name in self._decoder.layout.table.names}
        return self._decoder.complete(given, imagined["steam_flow"], now_ns, Origin.SIMULATED)

    def _values(self, load: float) -> dict[str, float]:
        config = self._config
        flow = (config.min_flow + LOAD * (config.max_flow - config.min_flow)) * load
        return {
            "flow_rate": flow,
            "steam_flow": flow / RETURNED,
            "return_percentage": 100.0 * RETURNED,
            "temperature": TEMPERATURE_C * load,
            "pressure": PRESSURE_BARG,
            "ph": (config.ph_min + config.ph_max) / 2,
            "conductivity": 0.2 * config.conductivity_max * load,
        }
