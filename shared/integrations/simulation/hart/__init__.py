"""The plant's devices on HART-IP."""
