"""What operators see as numbers: every metric by name, and where its values come from."""
