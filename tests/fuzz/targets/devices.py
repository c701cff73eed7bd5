"""What devices send: Modbus, HART-IP, OPC UA."""

from .hart import HART
from .modbus import MODBUS
from .opcua import OPCUA

DEVICES = (*MODBUS, *HART, *OPCUA)
