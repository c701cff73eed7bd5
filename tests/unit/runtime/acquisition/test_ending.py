"""What a service does last: whatever a device does then, all that was read is on its way."""

import pytest

from fakes.pressures import config
from integrations.bus import OutboxSettings
from integrations.devices.pressure_sensor import DEVICE_CLASS
from integrations.messages import ContentType
from integrations.runtime.acquisition.service import Acquisition
from integrations.runtime.identity import Identity

IDENTITY = Identity("plant", "pressure_sensor", "one", "1.0")


@pytest.fixture
def connectors():
    units = enumerate(("first", "second"), 1)
    configs = [config(sensor_id=name, host="127.0.0.1", port=1, modbus_address=at) for at, name in units]
    return list(DEVICE_CLASS.connectors(configs))


async def test_a_device_that_does_not_disconnect_well_keeps_no_reading_of_another(
    connectors, tmp_path, monkeypatch
):
    first, second = connectors

    async def fail():
        raise OSError("the line is stuck")

    monkeypatch.setattr(first, "disconnect", fail)
    settings = OutboxSettings(folder=str(tmp_path))
    service = Acquisition(IDENTITY, ContentType.JSON, connectors, settings)
    (take_sample,) = second._sample_observers
    async with service.outbox as outbox:
        async with service.polling():
            for _ in range(2):  # the second one waits for company
                await take_sample(second._simulate_impl())
        taken = await outbox.take(100, 1_000_000)
    assert sum(".raw." in message.subject for message in taken) == 2
