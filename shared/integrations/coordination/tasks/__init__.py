"""Tasks: what waits for what, who does what, and one outcome each."""
