"""Arithmetic without warnings, for what devices send."""

import contextvars
import threading

import numpy as np


class _Quiet(threading.local):
    """Where numpy keeps its warnings to itself: a device may send a signalling NaN, or 1e308.

    `np.errstate` would do, and costs as much as a decode: numpy keeps that state in a context variable, so a
    context that has it, one for each thread, is entered instead. What runs in it must not enter it again.
    """

    def __init__(self) -> None:
        context = contextvars.copy_context()
        context.run(np.seterr, all="ignore")
        self.run = context.run


quiet = _Quiet()
