"""One message as an agent finds it in its mailbox."""

from dataclasses import dataclass

from integrations.bus import Received, SharedConsumer


@dataclass(frozen=True, slots=True, eq=False)
class Mail:
    """A message from a stream, and the reader that has to hear what became of it."""

    received: Received
    stream: str
    reader: SharedConsumer

    def done(self) -> None:
        """It needs not come again."""
        self.reader.ack([self.received])

    def again(self, delay_seconds: float = 0.0) -> None:
        """It is to come again."""
        self.reader.nak([self.received], delay_seconds)

    def patience(self) -> None:
        """It is being worked on."""
        self.reader.extend([self.received])
