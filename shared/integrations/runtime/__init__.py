"""Runtime: how a service lives, logs and is watched, and how a parent keeps its child processes."""
