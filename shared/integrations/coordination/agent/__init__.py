"""One agent, put together."""
