"""The accelerators that llama.cpp lists, with their free memory: ggml's `ggml_backend_dev_*`, which llama-cpp-python
does not wrap. As everything that reaches llama.cpp, for the host's process alone.
"""

import ctypes

from dovetail_models.engine import llama
from dovetail_models.hardware.machine import Accelerator, AcceleratorKind

_KINDS: dict[int, AcceleratorKind] = {1: "gpu", 2: "integrated"}
"""`enum ggml_backend_dev_type`: 0 is the CPU, 1 a GPU, 2 one that shares main memory, 3 a library such as BLAS."""


def accelerators() -> tuple[Accelerator, ...]:
    """Return the GPUs that this llama.cpp can use; none where it was built without."""
    if not llama.offloads():
        return ()
    ggml = _library()
    found = []
    for index in range(ggml.ggml_backend_dev_count()):
        device = ctypes.c_void_p(ggml.ggml_backend_dev_get(index))
        kind = _KINDS.get(ggml.ggml_backend_dev_type(device))
        if kind is None:
            continue
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        name, description = (
            (getattr(ggml, f"ggml_backend_dev_{what}")(device) or b"").decode("utf-8", "replace")
            for what in ("name", "description")
        )
        found.append(Accelerator(name, description, kind, int(total.value), int(free.value)))
    return tuple(found)


def _library() -> ctypes.CDLL:
    ggml = llama.ggml()
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.argtypes = (ctypes.c_size_t,)
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_type.restype = ctypes.c_int
    ggml.ggml_backend_dev_name.restype = ctypes.c_char_p
    ggml.ggml_backend_dev_description.restype = ctypes.c_char_p
    ggml.ggml_backend_dev_memory.restype = None
    ggml.ggml_backend_dev_memory.argtypes = (
        ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_size_t),
        ctypes.POINTER(ctypes.c_size_t),
    )
    return ggml
