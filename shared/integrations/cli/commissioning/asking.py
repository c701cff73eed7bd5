"""Questions of `gl003 init`: what cannot be used is asked for again, with the reason."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer

from integrations.configuration import ConfigurationError
from integrations.runtime.commissioning.targets import Target, read_target

EXAMPLE = "modbus://10.1.2.3:502?unit=1&preset=spirax_tva&name=header"
T = TypeVar("T")


def asked(question: str, default: str, read: Callable[[str], T], **options: Any) -> T:
    """Ask until `read` takes the answer."""
    while True:
        try:
            return read(typer.prompt(question, default=default, **options))
        except ConfigurationError as error:
            for fault in error.faults:
                typer.echo(f"  {fault}")


def asked_devices(check: Callable[[list[Target]], object]) -> list[Target]:
    """Ask for devices until there are no more; `check` says whether they go together."""
    typer.echo(f"Devices, one after the other, such as {EXAMPLE}")
    targets: list[Target] = []

    def read(text: str) -> Target | None:
        if not text:
            return None
        target = read_target(text.strip())
        check([*targets, target])
        return target

    while target := asked("Address of a device; empty: no more", "", read, show_default=False):
        targets.append(target)
    return targets
