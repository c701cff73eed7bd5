"""How people and devices spell units, as tables; pint learns only the names on the right.

Only what stands here is a unit. pint alone would read `MT/h` as megatonnes, `T/h` as teslas, `Nm3` as cubic
nanometres and `ton` as 907 kg, and would evaluate whatever expression a message carries.
"""

import re
from collections import defaultdict

MAX_LENGTH = 32
"""Characters in the text of a unit."""

_NAMES = {
    "": "dimensionless",
    "1": "dimensionless",
    "%": "percent",
    "percent": "percent",
    "pct": "percent",
    "% by volume": "percent",
    "% solids by weight": "percent",
    "% solids by volume": "percent",
    "% steam quality": "percent",
    "ppm": "ppm",
    "ppb": "ppb",
    "pH": "acidity",
    "dB": "level",
    # mass
    "µg": "microgram",
    "ug": "microgram",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "t": "metric_ton",
    "te": "metric_ton",
    "Mg": "metric_ton",
    "MT": "metric_ton",
    "tonne": "metric_ton",
    "tonnes": "metric_ton",
    "lb": "pound",
    "lbs": "pound",
    "klb": "kilopound",
    "klbs": "kilopound",
    "oz": "ounce",
    "short_ton": "short_ton",
    "long_ton": "long_ton",
    # time
    "ms": "millisecond",
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "hour": "hour",
    "d": "day",
    "day": "day",
    # length, volume
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "in": "inch",
    "ft": "foot",
    "yd": "yard",
    "ml": "milliliter",
    "l": "liter",
    "L": "liter",
    "ltr": "liter",
    "hl": "hectoliter",
    "gal": "gallon",
    "Mgal": "megagallon",
    "impgal": "imperial_gallon",
    "bbl": "oil_barrel",
    # gas at 0 °C and 1 atm, or at the standard conditions of whoever sells it: not a volume to convert
    "Nm3": "normal_cubic_meter",
    "Nl": "normal_liter",
    "scf": "standard_cubic_foot",
    # pressure
    "Pa": "pascal",
    "mPa": "millipascal",
    "hPa": "hectopascal",
    "kPa": "kilopascal",
    "MPa": "megapascal",
    "mbar": "millibar",
    "bar": "bar",
    "psi": "psi",
    "atm": "atmosphere",
    "torr": "torr",
    "mmHg": "millimeter_Hg",
    "inHg": "inch_Hg",
    "mmH2O": "millimeter_H2O",
    "mmWC": "millimeter_H2O",
    "inH2O": "inch_H2O",
    "inWC": "inch_H2O",
    "ftH2O": "foot_H2O",
    "gf": "gram_force",
    "kgf": "kilogram_force",
    "lbf": "pound_force",
    "N": "newton",
    # temperature
    "K": "kelvin",
    "kelvin": "kelvin",
    "C": "degree_Celsius",
    "°C": "degree_Celsius",
    "degC": "degree_Celsius",
    "deg_C": "degree_Celsius",
    "celsius": "degree_Celsius",
    "F": "degree_Fahrenheit",
    "°F": "degree_Fahrenheit",
    "degF": "degree_Fahrenheit",
    "deg_F": "degree_Fahrenheit",
    "fahrenheit": "degree_Fahrenheit",
    "°R": "rankine",
    "degR": "rankine",
    # energy, power
    "mJ": "millijoule",
    "J": "joule",
    "kJ": "kilojoule",
    "MJ": "megajoule",
    "GJ": "gigajoule",
    "Wh": "watt_hour",
    "kWh": "kilowatt_hour",
    "MWh": "megawatt_hour",
    "GWh": "gigawatt_hour",
    "cal": "calorie",
    "kcal": "kilocalorie",
    "Mcal": "megacalorie",
    "mcal": "millicalorie",
    "Gcal": "gigacalorie",
    "Btu": "british_thermal_unit",
    "kBtu": "kilobritish_thermal_unit",
    "MMBtu": "megabritish_thermal_unit",
    "dekatherm": "dekatherm",
    "mW": "milliwatt",
    "W": "watt",
    "kW": "kilowatt",
    "MW": "megawatt",
    "GW": "gigawatt",
    "hp": "horsepower",
    # electricity and the rest
    "S": "siemens",
    "mS": "millisiemens",
    "µS": "microsiemens",
    "uS": "microsiemens",
    "mV": "millivolt",
    "V": "volt",
    "mA": "milliampere",
    "A": "ampere",
    "ohm": "ohm",
    "Ω": "ohm",
    "kohm": "kiloohm",
    "kΩ": "kiloohm",
    "pF": "picofarad",
    "Hz": "hertz",
    "kHz": "kilohertz",
    "rpm": "revolutions_per_minute",
    "rps": "revolutions_per_second",
    "deg": "degree",
    "rad": "radian",
    "cP": "centipoise",
    "cSt": "centistokes",
}

_WHOLE = {
    "kg/cm2": "kgf/cm2",
    "ksc": "kgf/cm2",
    "tph": "t/h",
    "pph": "lb/h",
    "kpph": "klb/h",
    "lpm": "l/min",
    "lph": "l/h",
    "gpm": "gal/min",
    "cfm": "ft3/min",
    "SGU": "kg/l",
}
"""Texts that mean something else than their parts: a kilogram per square centimetre is one of force, a
specific gravity the density in that of water."""

_HINTS = {"ton": "write t (1000 kg), short_ton or long_ton", "tons": "write t, short_ton or long_ton"}

_RESPELL = str.maketrans({"μ": "µ", "²": "2", "³": "3", "·": "*", "⋅": "*", "℃": "°C", "℉": "°F", "^": ""})
"""Signs that look alike or are only typography; people type the Greek letter mu for micro."""

_FACTOR = re.compile(r"(.*?)([23]?)")
_SEPARATORS = re.compile(r"\s*([*/])\s*")


def _by_any_case() -> dict[str, str]:
    """Map caseless spellings that can mean one thing only: KPA yes, but never MW for mW."""
    meanings = defaultdict(set)
    for text, name in _NAMES.items():
        meanings[text.casefold()].add(name)
    return {text: names.pop() for text, names in meanings.items() if len(names) == 1}


_CASELESS = _by_any_case()


def pint_expression(text: str) -> str | None:
    """Return what pint calls the unit `text`, or None where nobody knows it."""
    if len(text) > MAX_LENGTH:
        return None
    text = _SEPARATORS.sub(r"\1", text.translate(_RESPELL).strip()).replace("deg ", "deg").replace("**", "")
    text = _WHOLE.get(text, _WHOLE.get(text.casefold(), text))
    if name := _name(text):
        return name
    parts = re.split(r"([*/])", text)
    factors = [_factor(part) for part in parts[::2]]
    if not all(factors):
        return None
    parts[::2] = factors
    return "".join(parts)


def hint(text: str) -> str:
    """Return advice for a text that is refused because it has several meanings, else an empty text."""
    return next((_HINTS[part] for part in re.split(r"[*/]", text.casefold()) if part in _HINTS), "")


def _factor(text: str) -> str:
    """Return pint's name of one factor with its exponent; a temperature in a product is a difference."""
    if not text or not (match := _FACTOR.fullmatch(text)):
        return ""
    name = _name(text) or _name(match[1])
    if not name or name == "dimensionless":
        return "1" if text == "1" else ""
    exponent = "" if _name(text) or not match[2] else f"**{match[2]}"
    return f"{name.replace('degree_', 'delta_degree_')}{exponent}"


def _name(text: str) -> str:
    return _NAMES.get(text) or _CASELESS.get(text.casefold(), "")
