"""What an acquisition service counts itself: devices that come back."""

from types import SimpleNamespace

from integrations.devices import ConnectionState, StateChange
from integrations.runtime.acquisition.measures import Reconnects

AWAY, THERE = ConnectionState.RECONNECTING, ConnectionState.CONNECTED


class Device:
    def __init__(self, device_id, state):
        self.device_id = device_id
        self.state = state
        self._told = []

    def on_state(self, callback):
        self._told.append(callback)

    def becomes(self, state):
        change = SimpleNamespace(before=self.state, after=state)
        assert {*vars(change)} <= {*StateChange.__dataclass_fields__}
        self.state = state
        for callback in self._told:
            callback(change)


def test_the_first_connection_is_no_return():
    early, late = Device("early", THERE), Device("late", ConnectionState.CONNECTING)
    reconnects = Reconnects([early, late])
    late.becomes(THERE)
    assert reconnects.counts == {}
    for _ in range(2):
        late.becomes(AWAY)
        late.becomes(THERE)
    early.becomes(AWAY)
    early.becomes(THERE)
    assert reconnects.counts == {"late": 2, "early": 1}
