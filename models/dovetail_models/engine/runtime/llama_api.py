"""llama.cpp's C interface: the only module that imports llama_cpp.

It makes the preparations that llama.cpp's libraries need before they load, and takes over their log. Callers of `api`
must check the arguments first: llama.cpp aborts the whole process on some inputs.
"""

import ctypes
import os
from collections import deque
from pathlib import Path
from typing import Any

from dovetail_models.engine.runtime import nvidia_libraries
from dovetail_models.engine.runtime.threads import waiting

os.environ.update(waiting(os.environ))  # read once, when llama.cpp's libraries are loaded
nvidia_libraries.preload()  # CUDA builds find them only if they are loaded already

import llama_cpp
from llama_cpp import llama_cpp as api
from llama_cpp._ctypes_extensions import load_shared_library

__all__ = ["LOG", "LlamaError", "Log", "api", "build", "library", "offloads", "version"]

LOG_LINES = 1000
"""Lines of llama.cpp's log that are kept for error messages."""


class LlamaError(Exception):
    """A call that llama.cpp would have aborted on, or that it refused."""


class Log:
    """llama.cpp's own log: kept in memory, never printed."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self._line = ""
        # The object that C calls must live as long as the process.
        self._callback = api.llama_log_callback(self._take)

    def install(self) -> None:
        """Take over the process-wide log of llama.cpp."""
        api.llama_log_set(self._callback, ctypes.c_void_p(0))

    def reason(self, marker: str) -> str:
        """Return what follows `marker` in the last line that has it, or else the last line."""
        for line in reversed(self.lines):
            if marker in line:
                return line.partition(marker)[2].strip(" :")
        return self.lines[-1].strip() if self.lines else "no reason given"

    def _take(self, _level: int, text: bytes, _data: Any) -> None:
        *whole, self._line = (self._line + text.decode("utf-8", "replace")).split("\n")
        self.lines.extend(line for line in whole if line.strip(" ."))


LOG = Log()


def offloads() -> bool:
    """Return whether this llama.cpp was built for a GPU and finds one."""
    return bool(api.llama_supports_gpu_offload())


def version() -> str:
    """Return which llama.cpp this is: states of one are not for another."""
    return str(llama_cpp.__version__)


def build() -> str:
    """Return the features that this llama.cpp was built with."""
    return str(api.llama_print_system_info().decode("utf-8", "replace")).strip(" |")


def library(name: str) -> ctypes.CDLL:
    """Return one of the libraries that llama.cpp consists of, such as "ggml"; it is loaded already."""
    loaded: ctypes.CDLL = load_shared_library(name, Path(llama_cpp.__file__).parent / "lib")
    return loaded
