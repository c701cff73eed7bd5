"""Bytes and times as people read them."""


def in_units(size: float) -> str:
    """Return bytes in KiB, MiB or GiB."""
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} bytes"


def in_time(seconds: float) -> str:
    """Return a length of time in days, hours, minutes or seconds."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.3g} s"
