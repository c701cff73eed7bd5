"""The plant's devices on Modbus: TCP, and RTU on a serial line."""
