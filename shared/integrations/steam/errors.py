"""What steam properties can't be computed from, each naming quantity and value."""


class SteamError(ValueError):
    """A property of steam is not defined for what was given."""


class SteamRangeError(SteamError):
    """A pressure or temperature lies outside the formulation, or contradicts the phase that was asked for."""


class NotANumberError(SteamError):
    """A pressure or temperature is NaN."""


class FlashError(SteamRangeError):
    """Condensate does not end between boiling water and dry steam when its pressure falls."""


class SubcooledError(FlashError):
    """Condensate is too cold to boil at the lower pressure: nothing flashes."""
