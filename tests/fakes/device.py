"""A connector whose device does what the test says."""

from integrations import BaseConnector, ConnectionConfig


class Device(BaseConnector):
    """Answers or not, as `up` says; `down` is what it raises otherwise."""

    def __init__(self, config=None, **options):
        super().__init__(config or ConnectionConfig("10.0.0.1", 502), **options)
        self.up = True
        self.down = OSError("no route")
        self.opened = 0
        self.closed = 0

    async def _connect_impl(self):
        if not self.up:
            raise self.down
        self.opened += 1
        return True

    async def _disconnect_impl(self):
        self.closed += 1

    async def _health_check_impl(self):
        if not self.up:
            raise self.down
        return True


def config(**fields):
    return ConnectionConfig("10.0.0.1", 502, **fields)


def states(device):
    seen = []
    device.on_state(lambda change: seen.append(change.after))
    return seen


def failing(times, answer=42, error=None):
    """Return a call that fails a few times and then answers."""
    calls = iter(range(times))

    async def call():
        if next(calls, None) is not None:
            raise error or OSError("no answer")
        return answer

    return call


async def refuse():
    raise OSError("no answer")


async def answer(value=1, *, twice=False):
    return value * (2 if twice else 1)
