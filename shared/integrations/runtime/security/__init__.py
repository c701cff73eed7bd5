"""Who may do what on the bus: roles, their keys and certificates, and the server that enforces it."""
