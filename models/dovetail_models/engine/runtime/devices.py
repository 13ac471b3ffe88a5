"""The backends and devices of the loaded llama.cpp, as ggml's registry reports them.

llama-cpp-python omits these functions, so this module declares them as llama.cpp's `ggml-backend.h` does. Like all code
that calls llama.cpp, it runs only in the host process and in the trial of a build.
"""

import ctypes
from dataclasses import dataclass
from typing import Any, Literal

from dovetail_models.engine.runtime import llama_api
from dovetail_models.hardware.machine import Accelerator

Kind = Literal["cpu", "gpu", "integrated", "accelerator", "other"]

_KINDS: dict[int, Kind] = {0: "cpu", 1: "gpu", 2: "integrated", 3: "accelerator"}
"""`enum ggml_backend_dev_type`; an integrated GPU shares main memory, an accelerator is a library such as BLAS."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device as llama.cpp reports it."""

    name: str
    """Such as "CUDA0"."""

    description: str
    """Such as "NVIDIA GeForce RTX 4090"."""

    kind: Kind

    backend: str
    """The backend that drives it, such as "CUDA"."""

    total_bytes: int
    """Total memory; 0 if the backend does not report it."""

    free_bytes: int


def accelerators() -> tuple[Accelerator, ...]:
    """Return the GPUs that this llama.cpp can use; none where it was built without."""
    if not llama_api.offloads():
        return ()
    return tuple(
        Accelerator(one.name, one.description, one.kind, one.total_bytes, one.free_bytes)
        for one in devices()
        if one.kind == "gpu" or one.kind == "integrated"
    )


def backends() -> tuple[str, ...]:
    """Return the names of the backends that were compiled in, such as "CUDA" and "CPU"."""
    get = _function("ggml", "ggml_backend_reg_get", ctypes.c_void_p, ctypes.c_size_t)
    count = _function("ggml", "ggml_backend_reg_count", ctypes.c_size_t)()
    return tuple(_backend_name(get(number)) for number in range(count))


def devices() -> tuple[Device, ...]:
    """Return the devices that llama.cpp can use on this machine."""
    get = _function("ggml", "ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    count = _function("ggml", "ggml_backend_dev_count", ctypes.c_size_t)()
    return tuple(_device(get(number)) for number in range(count))


def _device(pointer: int) -> Device:
    text = (ctypes.c_char_p, ctypes.c_void_p)
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    size = ctypes.POINTER(ctypes.c_size_t)
    _function("ggml-base", "ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)(pointer, free, total)
    kind = _function("ggml-base", "ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(pointer)
    registry = _function("ggml-base", "ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)(pointer)
    return Device(
        _decoded(_function("ggml-base", "ggml_backend_dev_name", *text)(pointer)),
        _decoded(_function("ggml-base", "ggml_backend_dev_description", *text)(pointer)),
        _KINDS.get(kind, "other"),
        _backend_name(registry),
        total.value,
        free.value,
    )


def _backend_name(registry: int) -> str:
    return _decoded(_function("ggml-base", "ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)(registry))


def _function(library: str, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(llama_api.library(library), name)
    function.restype = result
    function.argtypes = arguments
    return function


def _decoded(text: bytes | None) -> str:
    return (text or b"").decode("utf-8", "replace")
