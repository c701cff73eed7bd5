"""Agents on the bus: messages between them, who is there, tasks, shared state and collaborations."""
