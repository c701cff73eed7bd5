"""The way in: what becomes of a message that has come."""
