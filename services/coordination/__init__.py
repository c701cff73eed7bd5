"""Coordination of agents: `python -m services.coordination --config plant.toml`."""
