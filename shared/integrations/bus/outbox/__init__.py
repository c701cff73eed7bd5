"""What waits for the bus: in memory while it acknowledges, on the disk when it does not."""
