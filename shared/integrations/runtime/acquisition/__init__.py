"""Acquisition: devices polled, their readings and events put on the bus."""
