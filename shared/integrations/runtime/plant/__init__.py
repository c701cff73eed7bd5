"""The plant: its configuration, and the simulated one."""
