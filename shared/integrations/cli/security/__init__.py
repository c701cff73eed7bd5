"""`gl003 secure`, `gl003 trust`: who may do what, and whom we trust."""
