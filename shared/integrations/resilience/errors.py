"""What goes wrong in this room."""


class ResilienceError(Exception):
    """Root of this room's errors."""


class CircuitBreakerOpenError(ResilienceError):
    """A call was refused without being tried, because its circuit is not trusted at the moment.

    `retry_after_seconds` is the time until the circuit lets a probe through; 0 when probes are already
    under way and their outcome decides.
    """

    def __init__(self, name: str, retry_after_seconds: float) -> None:
        super().__init__(name, retry_after_seconds)
        self.name = name
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        circuit = f"circuit {self.name!r}" if self.name else "circuit"
        return f"{circuit} is open, retry after {self.retry_after_seconds:.1f} s"
