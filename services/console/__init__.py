"""The console in the browser: `python -m services.console --config plant.toml`."""
