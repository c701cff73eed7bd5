"""Structs that enforce their declared types and limits in the constructor too.

msgspec checks when it converts, not when Python code constructs; a port of 99999 would pass.
"""

import contextlib
import copy
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from .conversion import converter, field_types
from .faults import Fault, FaultList
from .stand_ins import NoStandInError, fillings


class Checked(msgspec.Struct, frozen=True):
    """A frozen configuration struct: every annotation holds, limits included, or construction fails by name.

    A value is brought to its declared type: "modbus_tcp" to the enum's member, 5 to 5.0.
    """

    def __post_init__(self) -> None:
        """Bring every field to its annotation, then check the struct's own rules."""
        faults = FaultList()
        for name, annotation in field_types(type(self)).items():
            given = getattr(self, name)
            converted = converter(annotation)(given, name, faults)
            if converted is not given:
                msgspec.structs.force_setattr(self, name, converted)
        faults += self._rules_broken({_field(fault) for fault in faults})
        faults.raise_any()

    def faults(self) -> Iterable[Fault]:
        """Yield what is wrong between fields; may raise, or be wrong itself, where a field alone is wrong."""
        return ()

    def _rules_broken(self, wrong: set[str]) -> list[Fault]:
        """Return what is wrong between fields, whatever would stand right in those that are `wrong` alone."""
        if not wrong:
            return list(self.faults())
        try:
            ways = fillings(self, wrong, field_types(type(self)))
        except NoStandInError:
            return []
        found = [_rules_broken(_filled(self, way), wrong) for way in ways]
        return [fault for fault in found[0] if all(fault in others for others in found[1:])]


def _rules_broken(struct: Checked, wrong: set[str]) -> list[Fault]:
    found: list[Fault] = []
    with contextlib.suppress(Exception):  # what a rule does with a wrong value is no news
        found.extend(fault for fault in struct.faults() if _field(fault) not in wrong)
    return found


def _filled(struct: Checked, values: dict[str, Any]) -> Checked:
    copied = copy.copy(struct)  # the constructor would find the fields wrong that are not filled in
    for name, value in values.items():
        msgspec.structs.force_setattr(copied, name, value)
    return copied


def _field(fault: Fault) -> str:
    """Return the field of the struct that a fault, perhaps of something within it, is in."""
    return re.split(r"[.\[]", fault.where or fault.key, maxsplit=1)[0]
