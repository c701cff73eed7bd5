"""Acquisition of steam meters: `python -m services.steam_meter --config plant.toml`."""
