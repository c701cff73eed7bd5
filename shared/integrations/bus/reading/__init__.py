"""Streams read: in order, in turns, acknowledged or not, single messages."""
