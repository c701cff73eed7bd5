"""Who a service is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """Who a service is on the bus; `service` is also the device class of what it acquires."""

    site: str
    service: str
    instance: str
    version: str
