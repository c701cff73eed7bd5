import asyncio
import contextlib

from fakes.device import Device, config
from integrations.devices import ConnectionState
from integrations.resilience import ending


async def test_disconnect_ends_even_where_a_library_loses_the_cancellation(monkeypatch):
    monkeypatch.setattr(ending, "AGAIN_SECONDS", 0.01)
    asked = asyncio.Event()

    class Deaf(Device):
        async def _health_check_impl(self):
            if not asked.is_set():
                asked.set()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            return True

    device = Deaf(config(health_check_interval_seconds=0.001))
    await device.connect()
    await asked.wait()
    await asyncio.wait_for(device.disconnect(), 5)
    assert device.state is ConnectionState.DISCONNECTED
