"""The process: its life, logs, telemetry, and children."""
