"""The plant's control system on OPC UA; `server` loads asyncua."""
