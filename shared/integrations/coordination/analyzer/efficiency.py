"""The efficiency of the steam system, from what is measured and nothing else."""

from dataclasses import dataclass

from integrations import steam
from integrations.messages import EfficiencyReport, Origin

from .inputs import Inputs

KW_PER_T_HR_KJ_KG = 1000.0 / 3600.0
SUPERHEAT_K = 1.0
"""Steam hotter than this above saturation is superheated; below, a sensor may err by as much."""
SUBCOOLED_K = 5.0
DEFINITION = (
    "efficiency = 100 * sum over users(flow * (h - h0)) / (steam_flow * (h_header - h0)): the part of the"
    " heat in the steam at the header that arrives at its users. h by IAPWS-IF97 from pressure and"
    " temperature, dry saturated unless superheated; h0 of the make-up water. Boiler and fuel are not in it."
    " condensate_return = 100 * condensate_flow / steam_flow; condensate_heat_return the same with heat."
)


def efficiency_report(site: str, inputs: Inputs, now_ns: int) -> EfficiencyReport:
    """Return the report; what is not known is None and named in `missing`."""
    heat = _Heats(inputs, inputs.missing())
    header, users, condensate = heat.header(), heat.users(), heat.condensate()
    efficiency, heat_return = _percent(users, header), _percent(condensate, header)
    flow, returned = inputs.value("steam_flow"), inputs.value("condensate_flow")
    if flow is not None and flow <= 0:
        heat.missing.append(f"efficiency: no steam flows, steam_flow is {flow:g} t/hr")
    if efficiency is not None and efficiency > 100:
        heat.remarks.append("efficiency is above 100 %: the meters contradict each other; see steam_balance")
    simulated = inputs.simulated()
    return EfficiencyReport(
        site=site,
        time=now_ns,
        efficiency=efficiency,
        steam_flow=flow,
        condensate_return=_percent(returned, flow),
        condensate_heat_return=heat_return,
        heat_to_header_kw=header,
        heat_to_users_kw=users,
        heat_in_condensate_kw=condensate,
        origin=Origin.SIMULATED if simulated else Origin.MEASURED,
        simulated=simulated,
        missing=heat.missing,
        assumed=inputs.assumed(),
        remarks=heat.remarks,
        inputs=inputs.listed(),
        definition=DEFINITION,
    )


class _Heats:
    """Heat flows above make-up water, in kW; each None where something is missing for it."""

    def __init__(self, inputs: Inputs, missing: list[str]) -> None:
        self.missing = missing
        self.remarks: list[str] = []
        self._inputs = inputs
        self._zero = self._water("make_up_temperature")

    def header(self) -> float | None:
        """Of the steam into the header."""
        state = _State("header", "header_pressure", "header_temperature")
        return self._heat("steam_flow", self._steam(state))

    def users(self) -> float | None:
        """Of the steam that arrives at all users together."""
        users = self._inputs.config.users
        if not users:
            self.missing.append("users: none are configured")
            return None
        heats = []
        for user in users:
            pressure = f"{user.name}.pressure"
            if user.pressure is None:
                pressure = "header_pressure"
                self.remarks.append(f"{user.name}: its pressure is taken to be the header's")
            state = _State(user.name, pressure, f"{user.name}.temperature")
            heats.append(self._heat(f"{user.name}.flow", self._steam(state)))
        known = [heat for heat in heats if heat is not None]
        return sum(known) if len(known) == len(users) else None

    def condensate(self) -> float | None:
        """Of the condensate that comes back."""
        return self._heat("condensate_flow", self._water("condensate_temperature"))

    def _heat(self, flow: str, enthalpy: float | None) -> float | None:
        value = self._inputs.value(flow)
        if value is None or enthalpy is None or self._zero is None:
            return None
        return value * (enthalpy - self._zero) * KW_PER_T_HR_KJ_KG

    def _water(self, temperature: str) -> float | None:
        value = self._inputs.value(temperature)
        if value is None:
            return None
        try:
            return float(steam.saturated_liquid_enthalpy_kj_kg(steam.saturation_pressure_bar(value)))
        except steam.SteamError as error:
            self.missing.append(f"{temperature}: {error}")
            return None

    def _steam(self, state: "_State") -> float | None:
        pressure = self._inputs.value(state.pressure)
        temperature = self._inputs.value(state.temperature)
        if pressure is None:
            return None
        try:
            above_k = 0.0 if temperature is None else temperature - steam.saturation_temperature_c(pressure)
            if above_k < -SUBCOOLED_K:
                self.remarks.append(f"{state.name}: {-above_k:.0f} K below saturation; taken as dry steam")
            if temperature is not None and above_k > SUPERHEAT_K:
                return float(steam.enthalpy_kj_kg(pressure, temperature))
            return float(steam.saturated_vapour_enthalpy_kj_kg(pressure))
        except steam.SteamError as error:
            self.missing.append(f"{state.pressure}: {error}")
            return None


@dataclass(frozen=True, slots=True)
class _State:
    """Where steam is, and the inputs that say in which state."""

    name: str
    pressure: str
    temperature: str


def _percent(part: float | None, whole: float | None) -> float | None:
    if part is None or whole is None or whole <= 0:
        return None
    return 100.0 * part / whole
