"""Deployables, a folder each: `python -m services.<name> --config plant.toml`."""
