"""Quantizing a GGUF through llama.cpp itself. Needs llama-cpp-python, not torch."""

import ctypes
from pathlib import Path

import llama_cpp

from dovetail_models.engine.runtime.llama_api import LOG

FORMS = {  # the forms that are compared; small matrices leave K-quants no room (rows must be multiples of 256)
    "f16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q5_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_1,
    "q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
}


def quantize(exact: Path, form: str, target: Path) -> int:
    """Write `target` in one of FORMS and return its size in bytes."""
    LOG.install()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = FORMS[form]
    partial = target.with_suffix(".partial")
    status = llama_cpp.llama_model_quantize(str(exact).encode(), str(partial).encode(), ctypes.byref(parameters))
    if status != 0:
        raise RuntimeError(f"llama.cpp could not quantize {exact} to {form}: {LOG.reason('error')} (status {status})")
    partial.replace(target)
    return target.stat().st_size
