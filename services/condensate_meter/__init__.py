"""Acquisition of condensate meters: `python -m services.condensate_meter --config plant.toml`."""
