"""The coordination service: what agents need that no agent has to be there for."""
