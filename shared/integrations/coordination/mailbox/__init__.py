"""An agent's mail, by priority, from the consumers that it needs."""
