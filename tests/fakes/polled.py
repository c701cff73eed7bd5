"""A polled connector whose device does what the test says."""

import numpy as np

from fakes.time import START_NS
from integrations.devices import (
    Channel,
    ConnectionConfig,
    PolledConnector,
    Sample,
    SimulationPolicy,
)
from integrations.messages import Origin, Status

CHANNELS = (Channel("m-flow_rate", "flow_rate", "t/hr"), Channel("m-pressure", "pressure", "bar"))


class Meter(PolledConnector):
    """Counts its polls up; `down` is raised instead of an answer, `takes` is how long an answer takes."""

    def __init__(self, config, time, rate_hz=1.0):
        super().__init__(config, "m", CHANNELS, rate_hz, **time.options)
        self.time = time
        self.down = None
        self.takes = 0.0
        self.asked = 0
        self.closed = 0
        self.shown = None
        self.stale = False
        self.samples = []
        self.on_sample(self.keep)

    async def keep(self, sample):
        self.samples.append(sample)

    async def _poll_impl(self):
        self.asked += 1
        number = float(self.asked)
        if self.takes:
            await self.time.sleep(self.takes)
        if self.down:
            raise self.down
        return Sample(self.time.now_ns(), np.array([number, 7.0]), np.zeros(2, np.uint32))

    def _simulate_impl(self):
        status = np.full(2, Status.GOOD_EDITED, np.uint32)
        return Sample(self.time.now_ns(), np.array([-1.0, -1.0]), status, Origin.SIMULATED)

    def _accept(self, sample):
        self.shown, self.stale = sample, False

    def _grow_stale(self):
        self.stale = True

    async def _disconnect_impl(self):
        self.closed += 1

    @property
    def seconds(self):
        return [(sample.time_ns - START_NS) / 1e9 for sample in self.samples]

    @property
    def origins(self):
        return [sample.origin.value for sample in self.samples]


def config(simulation=SimulationPolicy.NEVER, **fields):
    return ConnectionConfig("10.0.0.1", 502, simulation=simulation, **fields)
