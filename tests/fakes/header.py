"""The simulated plant's steam header: its balance, and its readings in plant time instead of ours."""

from msgspec import UNSET

from integrations.bus import Outgoing
from integrations.messages import CleanBatch, Origin, RawBatch, RawColumn, Status, encode
from integrations.simulation import Instruments, PressureInstruments, SteamPlant, parse_faults

SITE = "test"
SECOND = 1_000_000_000
BEGAN = 1_800_000_000 * SECOND

SENSORS = {
    "main_flow": ("main-flow_rate", "flow_rate", "t/hr"),
    "process_a_flow": ("a-flow_rate", "flow_rate", "t/hr"),
    "process_b_flow": ("b-flow_rate", "flow_rate", "t/hr"),
    "header_pressure": ("header_pressure", "pressure", "barg"),
    "process_a_pressure": ("a-pressure", "pressure", "barg"),
    "process_b_pressure": ("b-pressure", "pressure", "barg"),
    "process_a_drop": ("a_pressure_drop", "differential_pressure", "bar"),
    "header_temperature": ("header_temperature", "temperature", "°C"),
    "process_a_temperature": ("a-temperature", "temperature", "°C"),
    "process_b_temperature": ("b-temperature", "temperature", "°C"),
}
"""Sensor, quantity and unit of each measured variable."""
UNCERTAINTIES = {
    "flow_rate": {"uncertainty": 0.05, "uncertainty_percent": 1.0},
    "pressure": {"uncertainty": 0.02},
    "differential_pressure": {"uncertainty": 0.005},
    "temperature": {"uncertainty": 0.15},
}


def header_table(**more):
    """Return the table [[balances]] of the header."""
    variables = {
        name: {"sensor": sensor, **UNCERTAINTIES[quantity]} for name, (sensor, quantity, _) in SENSORS.items()
    }
    return {
        "balance_id": "steam_header",
        "variables": {**variables, "heat_loss": {"assumed": 0.2, "uncertainty": 0.1}},
        "mass": [
            {
                "node": "header",
                "inflows": ["main_flow"],
                "outflows": ["process_a_flow", "process_b_flow", "heat_loss"],
            }
        ],
        "saturated": [
            {"pressure": "header_pressure", "temperature": "header_temperature"},
            {"pressure": "process_a_pressure", "temperature": "process_a_temperature"},
            {"pressure": "process_b_pressure", "temperature": "process_b_temperature"},
        ],
        "pressure_drops": [
            {"upstream": "header_pressure", "downstream": "process_a_pressure", "drop": "process_a_drop"}
        ],
        **more,
    }


class HeaderReadings:
    """What the instruments at the header show, second by second, with whatever faults are switched on."""

    def __init__(self, faults=(), seed=3, began_ns=BEGAN):
        self.seconds = 0
        self.began_ns = began_ns
        self._instruments = Instruments(SteamPlant(seed), parse_faults(faults))
        self._pressures = PressureInstruments(self._instruments)

    def next(self):
        """Move on by a second; return the value of each variable."""
        self.seconds += 1
        self._instruments.advance(float(self.seconds))
        main, a, b = (
            self._instruments.read(point) for point in ("main_steam_header", "process_a", "process_b")
        )
        return {
            "main_flow": main["flow_rate"],
            "process_a_flow": a["flow_rate"],
            "process_b_flow": b["flow_rate"],
            "header_pressure": main["pressure"],
            "process_a_pressure": a["pressure"],
            "process_b_pressure": b["pressure"],
            "process_a_drop": self._pressures.read()["process_a_line_loss"],
            "header_temperature": main["temperature"],
            "process_a_temperature": a["temperature"],
            "process_b_temperature": b["temperature"],
        }

    @property
    def time_ns(self):
        return self.began_ns + self.seconds * SECOND


def raw_reading(plant, values, epoch=0):
    """Return the raw message of what `plant` shows now."""
    columns = [
        RawColumn(sensor, quantity, unit, [plant.time_ns], [values[name]], [int(Status.GOOD)])
        for name, (sensor, quantity, unit) in SENSORS.items()
    ]
    batch = RawBatch(
        site=SITE,
        device_class="steam_meter",
        source="plant",
        sequence=plant.seconds,
        epoch=epoch,
        origin=Origin.MEASURED,
        columns=columns,
    )
    return Outgoing(f"gl.{SITE}.raw.steam_meter.plant", encode(batch), {}, f"plant-{epoch}-{plant.seconds}")


def clean_reading(name, time_ns, **fields):
    """Return a clean reading of one variable's sensor."""
    sensor, quantity, unit = SENSORS[name]
    return CleanBatch(**{
        "site": SITE, "device_class": "steam_meter", "source": "plant", "sensor_id": sensor,
        "quantity": quantity, "unit": unit, "raw_unit": unit, "origin": Origin.MEASURED, "raw_sequence": 1,
        "time": [time_ns], "raw_value": fields["value"], "status": [int(Status.GOOD)],
        "quality": [100.0], "qartod": [1], "flags": [0], "uncertainty": UNSET, **fields,
    })  # fmt: skip
