"""A flag that llama.cpp reads while it computes, without the interpreter's lock."""

import ctypes
import sys


class AbortFlag:
    """May be set from any thread.

    `function` is C's own strlen and `data` a buffer of two bytes: called with it, it returns 1 if the flag is set, else
    0. A Python callback would have to wait for the interpreter's lock at every node of the graph.
    """

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(2)
        libc = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
        self.function = libc.strlen
        self.data = ctypes.cast(self._buffer, ctypes.c_void_p)

    def set(self) -> None:
        self._buffer[0] = b"\x01"

    def clear(self) -> None:
        self._buffer[0] = b"\x00"

    def is_set(self) -> bool:
        return bool(self._buffer[0] != b"\x00")
