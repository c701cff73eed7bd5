"""`gl003 probe`, `scan`, `init`: a device on the bench, found and described."""
