"""Units of a meter's quantities where neither protocol nor configuration says one."""

DEFAULT_UNITS = {
    "velocity": "m/s",
    "density": "kg/m3",
    "temperature": "°C",
    "pressure": "bar",
    "volume_flow": "m3/h",
    "power": "kW",
    "energy": "kWh",
}
"""As in the default register map; a pressure that is not marked as absolute (`bara`) is a gauge pressure."""
