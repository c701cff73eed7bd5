"""Acquisition of pressure sensors: `python -m services.pressure_sensor --config plant.toml`."""
