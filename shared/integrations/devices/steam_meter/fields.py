"""Every key of a steam meter's configuration, with its default."""

from typing import Annotated, Any

from msgspec import Meta, field

from integrations.devices.modbus_config import ModbusDeviceConfig
from integrations.protocols.analog import AnalogInput, AnalogModule
from integrations.protocols.modbus import ByteOrder
from integrations.steam import STANDARD_ATMOSPHERE_BAR

from .kinds import DensityCompensation, FlowMeasurementType, HartTransport, MeterProtocol
from .registers import DEFAULT_ROLLOVER

NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]


class SteamMeterFields(ModbusDeviceConfig, frozen=True):
    """A steam meter: where it is, how it is read, what it measures, which flows are believable."""

    protocol: MeterProtocol = MeterProtocol.MODBUS_TCP
    meter_id: str = "steam_meter_1"

    preset: str | None = None
    register_map: dict[str, Any] = field(default_factory=dict)
    """`{name: address}` or `{name: {address, type, function, order, scale, offset, unit}}`; see layout.py."""
    byte_order: ByteOrder | None = None
    """Overrides the byte order of every register that is wider than one, as the meter's menu does."""
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] | None = None
    max_register_gap: Annotated[int, Meta(ge=0, le=124)] | None = None
    slave_address: Annotated[int, Meta(ge=0, le=255)] = 1
    """Unit id of the meter, of its analog module or of its HART gateway."""

    hart_transport: HartTransport = HartTransport.UDP
    hart_address: Annotated[int, Meta(ge=0, le=63)] = 0
    """Polling address, as poll_address; behind a Modbus gateway which of its devices, counted from 0."""
    poll_address: Annotated[int, Meta(ge=0, le=63)] = 0
    """Polling address by which command 0 finds the device."""
    hart_device: str = ""
    """Instead of a polling address: the long address (10 hexadecimal digits), the long tag or the tag."""
    hart_variables: dict[str, Any] = field(default_factory=dict)
    """Which quantity each of PV, SV, TV and QV is: `{PV: name}` or `{PV: {name, unit}}`."""

    current_min_ma: Annotated[float, Meta(ge=0, le=24)] = 4.0
    current_max_ma: Annotated[float, Meta(ge=0, le=24)] = 20.0
    flow_min: float = 0.0
    """Flow at current_min_ma, in the meter's own unit: see `measured_units`."""
    flow_max: float = 100.0
    analog_module: AnalogModule | str | None = None
    """A module by name (moxa_e1242) or as a table; without one, channel c is holding register c."""
    analog_channel: Annotated[int, Meta(ge=0, le=65535)] = 0
    analog_inputs: dict[str, AnalogInput] = field(default_factory=dict)
    """Other quantities on the same module: `{pressure: {channel, range_min, range_max, unit}}`."""
    square_root: bool = False
    """The transmitter sends differential pressure, from which nobody has extracted the root yet."""
    low_flow_cutoff: NotNegative = 0.0
    """An analog flow below this is 0, and so is a current below that of no flow; in the unit of flow_max."""
    damping_seconds: NotNegative = 0.0

    opcua_nodes: dict[str, Any] = field(default_factory=dict)
    """Node of each quantity: `{name: "ns=2;s=Flow"}` or `{name: {node, unit}}`; a browse path will do."""
    opcua: dict[str, Any] = field(default_factory=dict)
    """Security and user of the session: keys of OpcUaEndpoint, such as security_policy and username."""

    measurement_type: FlowMeasurementType = FlowMeasurementType.MASS_FLOW
    units: str = "t/hr"
    """What the flow is handed on in; where the meter measures something else, it is converted."""
    measured_units: str | None = None
    """What the meter itself gives its flow in; `units`, or for another kind of flow m3/h, m/s or kW."""
    k_factor: Positive | None = None
    """The flow is a frequency in Hz: pulses per m³, per m (velocity) or per kg (mass)."""
    pipe_diameter_mm: Positive | None = None
    """Inner diameter, which makes a volume of a velocity."""
    density_compensation: DensityCompensation = DensityCompensation.NONE
    design_density_kg_m3: Positive | None = None
    """Density the meter was set for; also taken, and said so, when none can be measured."""
    reference_enthalpy_kj_kg: float = 0.0
    """What energy is counted from, such as the feed water's enthalpy; 0 is water at 0.01 °C."""
    barometer_bar: Positive = STANDARD_ATMOSPHERE_BAR
    temperature_uncertainty_k: NotNegative = 1.0
    """So close to saturation steam is taken as dry saturated."""
    calibration_factor: float = 1.0
    calibration_offset: float = 0.0

    sampling_rate_hz: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    averaging_window_seconds: Positive = 60.0
    enable_totalizer: bool = True
    """Without a totaliser in the meter the flow is added up here, and marked so."""
    totalizer_rollover: Positive = DEFAULT_ROLLOVER
    """Largest count of the register before it starts again at 0; left alone, a preset's own holds."""
    min_valid_flow: float = 0.0
    max_valid_flow: float = 500.0
    max_flow_change_rate: Positive = 50.0
    """Largest believable change of flow, in `units` per minute."""

    @property
    def total_unit(self) -> str:
        """Unit of the totaliser: that of `units` without its time; energy for power."""
        mass, slash, _ = self.units.partition("/")
        return mass if slash else f"{self.units}h"

    def unit_of(self, name: str, unit: str) -> str:
        """Return the unit in which the value `name` is handed on that the meter gives in `unit`."""
        return {"flow_rate": self.units, "totalizer": self.total_unit}.get(name, unit)
