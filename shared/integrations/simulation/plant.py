"""A steam plant: a boiler feeds a saturated header, two processes draw from it, condensate comes back.

feed tank ─▶ boiler ─ main_steam_header ─▶ header ─┬─ process_a ─▶ ┐
▲   ▲                                            ├─ process_b ─▶ ┴─ lost in the processes, or
│   └── make_up_water                            └─ heat loss ───▶ condensate tank
└────── condensate_return ◀─────────────────────────────────────────────┘
"""

from functools import partial

from integrations import steam

from .chance import uniform, wander
from .equipment import KG_S_PER_T_HR, Boiler, SteamHeader, Tank
from .errors import SimulationError, UnknownPointError
from .meters import MeteredPipe, MeterValues

TICKS_PER_SECOND = 10
TICK_SECONDS = 1.0 / TICKS_PER_SECOND

INNER_DIAMETERS_M = {
    "main_steam_header": 0.2027,
    "process_a": 0.1541,
    "process_b": 0.1282,
    "condensate_return": 0.0627,
    "make_up_water": 0.0525,
}
POINTS = tuple(INNER_DIAMETERS_M)

PROCESS_A_T_HR, PROCESS_B_T_HR = 11.0, 7.0
LINE_LOSS_BAR = {"process_a": 0.30, "process_b": 0.20}
HEAT_LOSS_KW = 120.0
BLOWDOWN_FRACTION = 0.02
CONDENSATE_SECONDS = 60.0
FEED_TANK_KG = 8000.0
MAKE_UP_SECONDS = 300.0


class SteamPlant:
    """The true, simulated state of the plant, moved on in fixed ticks of 0.1 s.

    Nothing but the seed and the number of ticks decides a value, so it doesn't matter in which portions time
    passes. Flows are mass flows; mass is neither made nor lost except at make-up, blowdown and the processes.
    """

    def __init__(
        self,
        seed: int = 0,
        pressure_bar_g: float = 10.0,
        barometer_bar: float = steam.STANDARD_ATMOSPHERE_BAR,
    ) -> None:
        self.seed = seed
        self.tick = 0
        self.barometer_bar = barometer_bar
        self.design_bar = steam.absolute_pressure_bar(pressure_bar_g, barometer_bar)
        self.pipes = {
            point: MeteredPipe(diameter, round(500_000.0 * (1.0 + uniform(f"{seed}/{point}/total", 0)), 1))
            for point, diameter in INNER_DIAMETERS_M.items()
        }
        self.header = SteamHeader(self.design_bar)
        self.heat_loss_kg_s = self.header.condensing_kg_s(HEAT_LOSS_KW)
        process_a, process_b = self._draw()
        self.boiler = Boiler(self.design_bar, process_a + process_b + self.heat_loss_kg_s)
        returned = self._returned_fraction() * (process_a + process_b) + self.heat_loss_kg_s
        self.condensate_tank = Tank(returned * CONDENSATE_SECONDS)
        lost = self.boiler.steam_kg_s * (1.0 + BLOWDOWN_FRACTION) - returned
        self.feed_tank = Tank(FEED_TANK_KG - lost * MAKE_UP_SECONDS)
        self._flow(process_a, process_b, 0.0)

    @property
    def time_seconds(self) -> float:
        """Plant time of the last tick."""
        return self.tick / TICKS_PER_SECOND

    def advance(self, to_seconds: float) -> None:
        """Move on to the last tick at or before `to_seconds`.

        Raises:
            SimulationError: `to_seconds` lies in the plant's past.
        """
        for _ in range(self.ticks_until(to_seconds)):
            self.step()

    def ticks_until(self, to_seconds: float) -> int:
        """Ticks from now to the last one at or before `to_seconds`; errors as `advance`."""
        # 1e-6 of a tick: 0.3 s is tick 3 although 0.1 + 0.2 > 0.3 and 0.3 / 0.1 < 3
        ticks = int(to_seconds * TICKS_PER_SECOND + 1e-6) - self.tick
        if ticks < 0:
            raise SimulationError(f"to_seconds must be at least {self.time_seconds}, got {to_seconds}")
        return ticks

    def step(self) -> None:
        """Move on by one tick."""
        process_a, process_b = self._draw()
        self._flow(process_a, process_b, TICK_SECONDS)
        self.tick += 1

    def values(self, point: str) -> MeterValues:
        """What a perfect meter at `point` shows now.

        Raises:
            UnknownPointError: the plant has no such point.
        """
        if point not in self.pipes:
            raise UnknownPointError(f"point must be one of {', '.join(POINTS)}, got {point!r}")
        if point in {"condensate_return", "make_up_water"}:
            return self._water(point)
        pressure_bar = self.header.pressure_bar - self._line_loss_bar(point)
        return self.pipes[point].values(
            steam.gauge_pressure_bar(pressure_bar, self.barometer_bar),
            steam.saturation_temperature_c(pressure_bar),
            steam.saturated_vapour_density_kg_m3(pressure_bar),
        )

    def _flow(self, process_a: float, process_b: float, seconds: float) -> None:
        self.heat_loss_kg_s = self.header.condensing_kg_s(HEAT_LOSS_KW)
        main = self.boiler.step(seconds, self.header.pressure_bar)
        self.header.step(seconds, main, process_a + process_b + self.heat_loss_kg_s)
        returned = self.condensate_tank.mass_kg / CONDENSATE_SECONDS
        collected = self._returned_fraction() * (process_a + process_b) + self.heat_loss_kg_s
        self.condensate_tank.step(seconds, collected, returned)
        make_up = max(0.0, (FEED_TANK_KG - self.feed_tank.mass_kg) / MAKE_UP_SECONDS)
        self.feed_tank.step(seconds, returned + make_up, main * (1.0 + BLOWDOWN_FRACTION))
        for point, flow in zip(POINTS, (main, process_a, process_b, returned, make_up), strict=True):
            self.pipes[point].step(seconds, flow)

    def _draw(self) -> tuple[float, float]:
        """Flow to each process in kg/s: load, valve position and the pressure before choked valves."""
        course = partial(self._wander, "load")
        pressure = self.header.pressure_bar / self.design_bar
        load_a = 1.0 + 0.15 * course("process_a", 300.0) + 0.02 * course("process_a/valve", 40.0)
        load_b = 1.0 + 0.08 * course("process_b", 600.0) + 0.02 * course("process_b/valve", 50.0)
        return (
            PROCESS_A_T_HR * KG_S_PER_T_HR * load_a * pressure,
            PROCESS_B_T_HR * KG_S_PER_T_HR * load_b * pressure,
        )

    def _returned_fraction(self) -> float:
        return 0.80 + 0.04 * self._wander("condensate", "fraction", 900.0)

    def _line_loss_bar(self, point: str) -> float:
        """Pressure lost on the way from the header, with the square of the flow."""
        if point not in LINE_LOSS_BAR:
            return 0.0
        nominal_t_hr = PROCESS_A_T_HR if point == "process_a" else PROCESS_B_T_HR
        return LINE_LOSS_BAR[point] * (self.pipes[point].flow_kg_s / (nominal_t_hr * KG_S_PER_T_HR)) ** 2

    def _water(self, point: str) -> MeterValues:
        warm = 92.0 if point == "condensate_return" else 16.0
        temperature_c = warm + 2.0 * self._wander(point, "temperature", 400.0)
        pressure_bar_g = 2.5 + 0.05 * self._wander(point, "pump", 25.0)
        absolute = steam.absolute_pressure_bar(pressure_bar_g, self.barometer_bar)
        density = steam.density_kg_m3(absolute, temperature_c)
        return self.pipes[point].values(pressure_bar_g, temperature_c, density)

    def _wander(self, what: str, which: str, period_seconds: float) -> float:
        return wander(f"{self.seed}/{what}/{which}", self.time_seconds, period_seconds)
