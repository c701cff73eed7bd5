"""Structs that enforce their declared types and limits in the constructor too.

msgspec checks when it converts, not when Python code constructs; a port of 99999 would pass.
"""

from collections.abc import Iterable

import msgspec

from .conversion import converter, field_types
from .faults import ConfigurationError, Fault, FaultList


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
        if faults or (faults := FaultList(self.faults())):
            raise ConfigurationError(faults)

    def faults(self) -> Iterable[Fault]:
        """Yield what is wrong between fields; called once each field alone is right."""
        return ()
