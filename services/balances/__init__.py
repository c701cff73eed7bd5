"""Balances: `python -m services.balances --config plant.toml`."""
