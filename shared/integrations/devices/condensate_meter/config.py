"""Configuration of a condensate meter, checked."""

from collections.abc import Iterable

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, is_device_path
from integrations.devices.modbus_sensor import ModbusProtocol
from integrations.messages import MessageError, check_token

from .fields import CondensateMeterFields
from .layout import layout_of, register_faults


class CondensateMeterConfig(CondensateMeterFields, frozen=True):
    """A condensate meter; the fields and their meaning are in CondensateMeterFields."""

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        yield from self._address_faults()
        yield from self._limit_faults()
        yield from self._pressure_faults()
        try:
            layout = layout_of(self)
        except ConfigurationError as error:
            yield from error.faults
            return
        yield from register_faults(layout, self)

    def _address_faults(self) -> Iterable[Fault]:
        tokens = {"meter_id": self.meter_id}
        if self.steam_flow_sensor is not None:
            tokens["steam_flow_sensor"] = self.steam_flow_sensor
        for key, token in tokens.items():
            try:
                check_token(key, token)
            except MessageError:
                yield Fault("", key, token, "must be letters, digits, _ or -")
        is_rtu = self.protocol is ModbusProtocol.MODBUS_RTU
        if not is_rtu and is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if is_rtu and not 1 <= self.slave_address <= LAST_RTU_ADDRESS:
            allowed = f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
            yield Fault("", "slave_address", self.slave_address, allowed)

    def _limit_faults(self) -> Iterable[Fault]:
        for low, high in (("min_flow", "max_flow"), ("ph_min", "ph_max")):
            if getattr(self, low) >= getattr(self, high):
                yield Fault("", low, getattr(self, low), f"must be below {high} = {getattr(self, high):g}")
        band = self.ph_max - self.ph_min
        if self.ph_hysteresis is not None and 0 < band < 2 * self.ph_hysteresis:
            allowed = f"must be at most half of ph_max - ph_min = {band:g}"
            yield Fault("", "ph_hysteresis", self.ph_hysteresis, allowed)
        if self.conductivity_hysteresis is not None and self.conductivity_hysteresis >= self.conductivity_max:
            allowed = f"must be below conductivity_max = {self.conductivity_max:g}"
            yield Fault("", "conductivity_hysteresis", self.conductivity_hysteresis, allowed)

    def _pressure_faults(self) -> Iterable[Fault]:
        up, down = self.upstream_pressure_barg, self.downstream_pressure_barg
        for key, gauge in (("upstream_pressure_barg", up), ("downstream_pressure_barg", down)):
            if gauge is not None and gauge <= -self.barometer_bar:
                allowed = f"must be above -{self.barometer_bar:g}: that is vacuum by barometer_bar"
                yield Fault("", key, gauge, allowed)
        if up is not None and down is not None and down >= up:
            allowed = f"must be below upstream_pressure_barg = {up:g}"
            yield Fault("", "downstream_pressure_barg", down, allowed)
