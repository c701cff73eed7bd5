"""A device on the bench: what answers there, what its registers could mean, and the TOML that reads it."""
