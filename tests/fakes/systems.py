"""A SCADA system on a real OPC UA server, and everything it tells."""

from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.devices.points import PointSample
from integrations.devices.scada import TagConfig

PRESSURE = "STEAM.HEADER.PRESSURE"
FLOW = "STEAM.HEADER.FLOW"
P = TagConfig(PRESSURE, engineering_units="bar", quantity="pressure", scan_rate=20, queue_size=100)
F = TagConfig(FLOW, engineering_units="t/hr", quantity="flow_rate", scan_rate=20)


class System:
    """A connector and what it tells."""

    def __init__(self, peer, tags, fields):
        config = SCADAConnectionConfig(**{
            "host": "127.0.0.1", "port": peer.port, "scada_id": "s", "tags": tags, "timeout_seconds": 3.0,
            "subscription_interval_ms": 20, "max_retries": 0, "simulation": "never", **fields,
        })  # fmt: skip
        self.scada = SCADAConnector(config)
        self.events = []
        self.samples: list[PointSample] = []
        self.scada.on_event(self.events.append)
        self.scada.on_sample(self._keep)

    async def _keep(self, sample):
        self.samples.append(sample)

    def points(self, tag=PRESSURE):
        """(time, value, status) of each point of a tag that travelled."""
        names = [channel.sensor_id for channel in self.scada.channels]
        at = names.index("s-" + tag.replace(".", "_"))
        return [
            point[1:]
            for sample in self.samples
            for point in zip(
                sample.channel.tolist(),
                sample.times.tolist(),
                sample.values.tolist(),
                sample.status.tolist(),
                strict=True,
            )
            if point[0] == at
        ]

    def kinds(self):
        return [event.kind for event in self.events]

    def shows(self, value, tag=PRESSURE):
        return self.scada.tags[tag].last_value == value
