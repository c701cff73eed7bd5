"""What the simulated plant can't do."""


class SimulationError(Exception):
    """Root of the errors of this room."""


class UnknownPointError(SimulationError, KeyError):
    """The plant has no measuring point of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


class ServerAddressError(SimulationError, OSError):
    """A simulated device can't listen where it should."""
