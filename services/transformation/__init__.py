"""Transformation: `python -m services.transformation --config plant.toml`."""
