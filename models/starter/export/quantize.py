"""Quantizing a GGUF through llama.cpp itself. Needs llama-cpp-python, not torch."""

import ctypes
from pathlib import Path

import llama_cpp

FORMS = {  # the forms that are compared; small matrices leave K-quants no room (rows must be multiples of 256)
    "f16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q5_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_1,
    "q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
}


_log: list[str] = []


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _take_log(_level: int, text: bytes, _data: int | None) -> None:
    """Keep what llama.cpp reports, for the error, instead of printing it. Lives as long as the process."""
    _log.append(text.decode("utf-8", "replace"))


def quantize(exact: Path, form: str, target: Path) -> int:
    """Write `target` in one of FORMS and return its size in bytes."""
    llama_cpp.llama_log_set(_take_log, ctypes.c_void_p(0))
    _log.clear()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = FORMS[form]
    partial = target.with_suffix(".partial")
    status = llama_cpp.llama_model_quantize(str(exact).encode(), str(partial).encode(), ctypes.byref(parameters))
    if status != 0:
        reason = next((line for line in reversed("".join(_log).splitlines()) if line.strip()), "no reason given")
        raise RuntimeError(f"llama.cpp could not quantize {exact} to {form}: {reason.strip()} (status {status})")
    partial.replace(target)
    return target.stat().st_size
