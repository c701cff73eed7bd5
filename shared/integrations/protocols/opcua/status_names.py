"""StatusCodes by their names in OPC UA Part 6 Annex A.2."""

from functools import cache


@cache
def status_name(code: int) -> str:
    """Name of a StatusCode, its info bits aside, such as BadNodeIdUnknown; with its number if it has none."""
    from asyncua import ua  # noqa: PLC0415 - costs most of a second: only who meets a bad value pays it

    name, _ = ua.status_codes.get_name_and_doc(code & 0xFFFF0000)
    return name if hasattr(ua.StatusCodes, name) and name not in {"Bad", "Uncertain"} else f"0x{code:08X}"
