"""Who there is, and how well each does its work."""
