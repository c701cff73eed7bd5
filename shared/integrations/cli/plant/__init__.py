"""`gl003 run`, `gl003 plant`: the plant in one command, real or simulated, and its live table."""
