"""Acquisition of SCADA systems: `python -m services.scada --config plant.toml`."""
