"""Acquisition of temperature sensors: `python -m services.temperature_sensor --config plant.toml`."""
