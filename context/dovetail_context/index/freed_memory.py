"""Give memory back to the system after long work has freed it."""

import ctypes
import sys


def give_back() -> None:
    """Give back what is free between what is in use. The C library of Linux keeps that unless it is asked; those of
    other systems give it back by themselves."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
