"""Files of recorded readings: read, cleaned as the service would have cleaned them, written, drawn."""
